import type { Passage } from '../core/document.ts';
import type { Filters } from '../core/filters.ts';
import { filterTerms } from './filter-terms.ts';
import { signTerms } from './lexical/signs.ts';
import { namesAbove } from './names-above.ts';
import type { TermCollector } from './term-collector.ts';
import type { DocumentHead } from './texts.ts';

/** Text to index terms, for one language (index/lexical/analysis.ts). */
export interface TermAnalyzer {
  analyze(text: string): readonly string[];
}

/** What the index is told of a document, beside its passages. */
export interface IndexedHead extends DocumentHead {
  /** Kept as terms alone. */
  readonly filters?: Filters;
}

/**
 * Gives a collector the terms of a document's passages, in their order; beside them operators, the names that stand above them, and the
 * document's filters.
 */
export function collectTerms(
  { title, filters = {} }: Pick<IndexedHead, 'title' | 'filters'>,
  passages: readonly Passage[],
  analyzer: TermAnalyzer,
  collector: TermCollector,
): void {
  const titleTerms = analyzer.analyze(title);
  let heading: readonly string[] = [];
  let headingTerms: readonly string[] = [];
  const names = namesAbove(title);
  const ofFilters = filterTerms(filters);
  for (const [ordinal, passage] of passages.entries()) {
    if (passage.heading !== heading) headingTerms = analyzer.analyze(passage.heading.join('\n'));
    heading = passage.heading;
    const terms = [titleTerms, headingTerms, analyzer.analyze(passage.text)];
    const signs = [title, passage.heading.join('\n'), passage.text].map(signTerms);
    const named = names(passage);
    const filtered = [ordinal === 0 ? ofFilters.first : ofFilters.other];
    collector.add(
      terms,
      signs.map((own, field) => [...own, ...(named[field] ?? []), ...(filtered[field] ?? [])]),
    );
  }
}
