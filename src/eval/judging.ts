import type { Document } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { JudgedDocument, Qrels, TestQuery, TestSet } from './collection.ts';
import { words } from './segments.ts';
import { shuffled } from './significance.ts';

/** A link between documents: its words name what they point at. */
export interface Anchor {
  /** Id of the document that holds the link. */
  readonly from: string;
  readonly text: string;
  /** Id of the document that it leads to. */
  readonly to: string;
  /** Fragment without `#`; empty for the top. */
  readonly fragment: string;
}

interface SectionText {
  readonly id: string;
  readonly document: string;
  readonly fragment: string;
  /** The document's title and the headings above this one. */
  readonly title: string;
  readonly heading: string;
  readonly text: string;
}

interface Candidate {
  readonly text: string;
  readonly segment: 'heading' | 'faq' | 'anchor';
  readonly section: string;
  /** The document whose text holds these words and must lose them. */
  readonly heldOutOf: string;
}

export interface QuestionOptions {
  readonly name: string;
  /** At most so many questions; drawn from all by the seed. */
  readonly limit?: number;
  readonly seed?: number;
}

const FEWEST_WORDS = 15;
const EMPTY_PHRASES =
  /^(click |read |see |learn |find out )?(here|more|this|this page|above|below|next|previous|source|docs|documentation|the docs|edit this page|back to top)$/i;

/**
 * A first test set from documents that nobody has judged: headings, FAQ questions and the words of links become
 * queries, the section that they head, answer or point at is relevant (grade 1), and the words themselves are taken out
 * of the text, so that finding them is no mere matching. Weak judgements: grade by hand what matters
 * (`findling judge`). One judged document a section.
 */
export function questionsFrom(
  documents: readonly Document[],
  anchors: readonly Anchor[],
  options: QuestionOptions,
): TestSet {
  const sections = documents.flatMap(sectionsOf);
  const byId = new Map(sections.map((section) => [section.id, section]));
  const candidates = [
    ...sections.flatMap(headingCandidates),
    ...sections.flatMap(faqCandidates),
    ...anchorCandidates(anchors, sections),
  ];
  const unambiguous = withoutAmbiguous(candidates).filter(
    ({ section }) => wordsLeft(byId.get(section)) >= FEWEST_WORDS,
  );
  if (unambiguous.length === 0)
    throw new SearchError(
      'bad-input',
      'No heading, FAQ question or link of these documents can serve as a query (two words or more, pointing at a section of 15 words or more).',
    );
  const chosen = shuffled(unambiguous, options.seed ?? 1).slice(0, options.limit ?? 200);
  const queries = chosen.map(({ text, segment }, index): TestQuery => ({ id: `q${index + 1}`, text, segment }));
  const qrels: Qrels = new Map(chosen.map(({ section }, index) => [`q${index + 1}`, new Map([[section, 1]])]));
  return { name: options.name, documents: heldOut(sections, chosen), queries, qrels };
}

function sectionsOf(document: Document): readonly SectionText[] {
  const taken = new Set<string>();
  return document.sections.map((section, index) => {
    const name = section.anchor === '' || taken.has(section.anchor) ? `${section.anchor}~${index}` : section.anchor;
    taken.add(name);
    const heading = section.heading.at(-1) ?? '';
    const raw = document.text.slice(section.start, section.end).trim();
    return {
      id: index === 0 && section.anchor === '' ? document.id : `${document.id}#${name}`,
      document: document.id,
      fragment: section.anchor,
      title: [document.title, ...section.heading.slice(0, -1)].filter((part) => part !== '').join(' › '),
      heading,
      text: raw.startsWith(heading) ? raw.slice(heading.length).trim() : raw,
    };
  });
}

function wordsLeft(section: SectionText | undefined): number {
  return section === undefined ? 0 : words(section.text).length;
}

function speaks(text: string): boolean {
  const count = words(text).length;
  return count >= 2 && count <= 25 && !EMPTY_PHRASES.test(text);
}

function headingCandidates({ id, heading, document }: SectionText): readonly Candidate[] {
  const segment = heading.endsWith('?') ? 'faq' : 'heading';
  return speaks(heading) ? [{ text: heading, segment, section: id, heldOutOf: document }] : [];
}

/** "Q: … ?" at the start of a line, with an answer after it. */
function faqCandidates({ id, text, document }: SectionText): readonly Candidate[] {
  return [...text.matchAll(/^(?:q|question)\s*[:.]\s*(.{8,200}\?)\s*$/gim)].map((match) => ({
    text: match[1] ?? '',
    segment: 'faq',
    section: id,
    heldOutOf: document,
  }));
}

function anchorCandidates(anchors: readonly Anchor[], sections: readonly SectionText[]): readonly Candidate[] {
  const byId = new Map(sections.map((section) => [section.id, section]));
  // The first section of a page that begins with a heading has that heading's fragment.
  const tops = new Map([...sections].reverse().map((section) => [section.document, section]));
  return anchors.flatMap(({ from, text, to, fragment }) => {
    const section = fragment === '' ? tops.get(to) : byId.get(`${to}#${fragment}`);
    if (section === undefined || from === to || !speaks(text)) return [];
    return [{ text, segment: 'anchor' as const, section: section.id, heldOutOf: from }];
  });
}

/** Drops words that would lead to several sections, and repetitions. */
function withoutAmbiguous(candidates: readonly Candidate[]): readonly Candidate[] {
  const targets = new Map<string, Set<string>>();
  const key = ({ text }: Candidate) => words(text).join(' ');
  for (const each of candidates)
    targets.set(key(each), (targets.get(key(each)) ?? new Set<string>()).add(each.section));
  const seen = new Set<string>();
  return candidates.filter((each) => {
    const fresh = !seen.has(key(each));
    seen.add(key(each));
    return fresh && targets.get(key(each))?.size === 1;
  });
}

/** `text` without these phrases where they stand as whole words; anywhere in scripts without case, many of which write no spaces. */
function without(text: string, phrases: readonly string[]): string {
  return phrases.reduce((rest, phrase) => {
    const literal = phrase.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return rest.replace(new RegExp(`(?<![\\p{Lu}\\p{Ll}\\p{N}])${literal}(?![\\p{Lu}\\p{Ll}\\p{N}])`, 'gu'), '');
  }, text);
}

/** The sections as documents, without the words that became queries. */
function heldOut(sections: readonly SectionText[], chosen: readonly Candidate[]): readonly JudgedDocument[] {
  const phrases = new Map<string, string[]>();
  for (const { text, heldOutOf } of chosen) phrases.set(heldOutOf, [...(phrases.get(heldOutOf) ?? []), text]);
  const queried = new Set(
    chosen.filter(({ segment }) => segment !== 'anchor').map(({ section, text }) => `${section}\n${text}`),
  );
  return sections.map(({ id, document, title, heading, text }) => {
    const kept = heading !== '' && !queried.has(`${id}\n${heading}`) ? `${heading}\n${text}` : text;
    const gone = phrases.get(document) ?? [];
    return { id, title: without(title, gone), text: without(kept, gone) };
  });
}
