import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPart, MANIFEST_NAME } from '../index/published/manifest.ts';
import type { PageEntry } from './index-cache.ts';

/** The pages of one index. */
export interface LanguagePages {
  readonly language: string;
  readonly pages: readonly PageEntry[];
  /** Whether the pages are read as in this language, whatever was guessed of them. */
  readonly declared: boolean;
}

/**
 * Pages by their language, as they declare it. Those that declare none go with the commonest: a guess, which for a short page is
 * often wrong, must not split the index. Where no page declares one there is one index, in which each is read as was guessed.
 */
export function byLanguage(entries: Iterable<PageEntry>): readonly LanguagePages[] {
  const all = [...entries];
  const some = all.filter(({ declared }) => declared);
  const declared = some.length > 0;
  const commonest = commonestLanguage(declared ? some : all);
  const groups = new Map<string, PageEntry[]>();
  for (const entry of all) {
    const language = entry.declared ? entry.language : commonest;
    const group = groups.get(language);
    if (group === undefined) groups.set(language, [entry]);
    else group.push(entry);
  }
  return [...groups.keys()].sort().map((language) => ({ language, pages: groups.get(language) ?? [], declared }));
}

/** Of several that are equally common the first in the alphabet: the order of pages is not the same in each run. */
function commonestLanguage(entries: readonly PageEntry[]): string {
  const counts = new Map<string, number>();
  for (const { language } of entries) counts.set(language, (counts.get(language) ?? 0) + 1);
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return sorted[0]?.[0] ?? 'en';
}

/** Folders directly in `out` that are named as a language and hold an index. */
export async function languageFolders(out: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const entry of await readdir(out, { withFileTypes: true })) {
    const folder = join(out, entry.name);
    if (!entry.isDirectory() || !/^[a-z]{2,3}$/.test(entry.name)) continue;
    if ((await readdir(folder)).includes(MANIFEST_NAME)) folders.push(folder);
  }
  return folders.sort();
}

/**
 * Removes the indexes that earlier runs wrote for languages that are no longer there: a page would go on searching them.
 * In their folders only the index's own files go.
 */
export async function removeOtherLanguages(out: string, written: ReadonlySet<string>): Promise<void> {
  for (const folder of await languageFolders(out)) if (!written.has(folder)) await removeIndex(folder);
}

/** The manifest goes first: without it there is no index, and no reader looks for the rest. */
export async function removeIndex(folder: string): Promise<void> {
  await rm(join(folder, MANIFEST_NAME), { force: true });
  for (const name of await readdir(folder)) if (isPart(name)) await rm(join(folder, name), { force: true });
}
