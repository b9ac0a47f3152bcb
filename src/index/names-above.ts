import type { Passage } from '../core/document.ts';
import { nameTerms } from './lexical/names.ts';

/**
 * Of a page's passages, one after another: the names that begin to stand above each, in the order of FIELDS. The page's in `title`; in
 * `heading` its section's, at the section's first passage, and those of sections that begin with it and have no text of their own before.
 */
export function namesAbove(title: string): (passage: Passage) => readonly (readonly string[])[] {
  const named = new Set<string>();
  let before: readonly string[] | undefined;
  return ({ heading, anchor, weight }) => {
    // What counts less than the rest is not to lead it.
    if (weight < 1) return [];
    const section = JSON.stringify([anchor, ...heading]);
    const isNew = !named.has(section);
    named.add(section);
    const parted = heading.findIndex((each, level) => each !== before?.[level]);
    const begun = parted < 0 ? [] : heading.slice(parted, -1);
    const own = isNew ? nameTerms(heading.at(-1) ?? title, anchor) : [];
    const terms = [...new Set([...begun.flatMap((each) => nameTerms(each)), ...own])];
    const ofPage = before === undefined ? nameTerms(title) : [];
    before = heading;
    return [ofPage, terms, []];
  };
}
