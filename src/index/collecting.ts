import type { Passage } from '../core/document.ts';
import { signTerms } from './lexical/signs.ts';
import { namesAbove } from './names-above.ts';
import type { TermCollector } from './term-collector.ts';

/** Text to index terms, for one language (index/lexical/analysis.ts). */
export interface TermAnalyzer {
  analyze(text: string): readonly string[];
}

/** Gives a collector the terms of a document's passages, in their order; beside them operators, and the names that stand above them. */
export function collectTerms(
  title: string,
  passages: readonly Passage[],
  analyzer: TermAnalyzer,
  collector: TermCollector,
): void {
  const titleTerms = analyzer.analyze(title);
  let heading: readonly string[] = [];
  let headingTerms: readonly string[] = [];
  const names = namesAbove(title);
  for (const passage of passages) {
    if (passage.heading !== heading) headingTerms = analyzer.analyze(passage.heading.join('\n'));
    heading = passage.heading;
    const terms = [titleTerms, headingTerms, analyzer.analyze(passage.text)];
    const signs = [title, passage.heading.join('\n'), passage.text].map(signTerms);
    const named = names(passage);
    collector.add(
      terms,
      signs.map((own, field) => [...own, ...(named[field] ?? [])]),
    );
  }
}
