import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { recombined } from './recombining.ts';
import { type RealText, realText, type Section } from './sections.ts';

/** Raised whenever a corpus would be made otherwise. */
const VERSION = 1;

export const CACHE = resolve(import.meta.dirname, '../../.cache/scale');

export interface ScaleCorpus {
  /** A folder with one JSONL, for `findling index`. */
  readonly folder: string;
  readonly about: string;
  readonly rows: number;
  /** How many of the rows are made of recombined sentences. */
  readonly recombined: number;
  readonly questions: readonly string[];
}

let real: RealText | undefined;

/** `size` lines of JSON, a section each; smaller corpora are parts of larger ones. Made once a machine. */
export function scaleCorpus(size: number, say: (line: string) => void): ScaleCorpus {
  const folder = join(CACHE, `corpus-${VERSION}-${size}`);
  const facts = join(CACHE, `corpus-${VERSION}-${size}.json`);
  if (!existsSync(facts)) {
    real ??= realText(say);
    const { about, sections, questions } = real;
    say(`${size} rows: ${Math.min(size, sections.length)} real ones of ${about}, the rest recombined`);
    mkdirSync(folder, { recursive: true });
    const more = size > sections.length ? recombined(sections, size - sections.length) : [];
    writeRows(join(folder, 'rows.jsonl'), sections.slice(0, size), more);
    const recombinedRows = Math.max(0, size - sections.length);
    const corpus: ScaleCorpus = { folder, about, rows: size, recombined: recombinedRows, questions };
    writeFileSync(facts, JSON.stringify(corpus));
  }
  return JSON.parse(readFileSync(facts, 'utf8')) as ScaleCorpus;
}

/** Synchronously and in pieces: a million rows are more than one string can be. */
function writeRows(file: string, first: readonly Section[], more: Iterable<Section>): void {
  const handle = openSync(`${file}.new`, 'w');
  const counts = new Map<string, number>();
  let lines: string[] = [];
  const flush = () => {
    writeSync(handle, lines.join(''));
    lines = [];
  };
  for (const rows of [first, more])
    for (const { page, title, heading, text } of rows) {
      const ordinal = counts.get(page) ?? 0;
      counts.set(page, ordinal + 1);
      // Neighbours stay neighbours in the order of addresses.
      const url = `/${page.replaceAll('#', '%23')}/${String(ordinal).padStart(4, '0')}`;
      lines.push(`${JSON.stringify({ url, title, language: 'en', markdown: `## ${heading}\n\n${text}` })}\n`);
      if (lines.length >= 1000) flush();
    }
  flush();
  closeSync(handle);
  renameSync(`${file}.new`, file);
}
