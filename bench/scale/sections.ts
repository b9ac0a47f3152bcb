import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { poolOfSentences } from '../payload/sites.ts';

const TRAIN = resolve(import.meta.dirname, '../../../shared/train');
/** Questions asked at every size. */
const ASKED = 64;

/** A section of a page: one line of a JSONL, and mostly one passage. */
export interface Section {
  /** What it belongs to: a project's documentation, or a manual. Recombined pages are made of one group's sentences. */
  readonly group: string;
  readonly page: string;
  readonly title: string;
  readonly heading: string;
  readonly text: string;
}

export interface RealText {
  /** Where it comes from, in words. */
  readonly about: string;
  /** Page by page; the pages that questions ask about first, the others in an order that has nothing to do with their names. */
  readonly sections: readonly Section[];
  readonly questions: readonly string[];
}

/** The real text that corpora are made of: ../shared/train, or the documentation that this machine has. */
export function realText(say: (line: string) => void): RealText {
  const file = join(TRAIN, 'docs-sections.jsonl.gz');
  if (existsSync(file)) return trainingText(file);
  say(
    `No ${file} here: the text of node_modules and Debian's manuals is used, and parts of its sentences as questions.`,
  );
  return localText();
}

interface TrainingRow {
  readonly r: string;
  readonly p: string;
  readonly h: readonly string[];
  readonly t: string;
}

function trainingText(file: string): RealText {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  const sections = lines.map((line): Section => {
    const { r, p, h, t } = JSON.parse(line) as TrainingRow;
    return { group: r, page: `${r}/${p}`, title: h[0] ?? p, heading: h.at(-1) ?? p, text: t };
  });
  const asked = readFileSync(join(TRAIN, 'questions.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const chosen = evenly(asked, ASKED);
  const pages = new Set(chosen.map(([line]) => sections[Number(line)]?.page ?? ''));
  return {
    about: '205,679 sections of the documentation of 57 projects (../shared/train), and questions written for them',
    sections: inOrder(sections, pages),
    questions: chosen.map(([, question = '']) => question),
  };
}

const WORDS_A_SECTION = 80;
const WORDS_ASKED = 7;

function localText(): RealText {
  const sections: Section[] = [];
  let open: string[] = [];
  let words = 0;
  for (const sentence of poolOfSentences()) {
    open.push(sentence);
    words += sentence.split(' ').length;
    if (words < WORDS_A_SECTION) continue;
    const page = `page-${Math.floor(sections.length / 6)}`;
    const [first = ''] = open;
    const group = `group-${Math.floor(sections.length / 600)}`;
    sections.push({ group, page, title: first.slice(0, 50), heading: sentence.slice(0, 40), text: open.join(' ') });
    open = [];
    words = 0;
  }
  const asked = evenly(sections, ASKED);
  return {
    about: 'sentences of the manuals and packages installed here, and parts of them as questions',
    sections: inOrder(sections, new Set(asked.map(({ page }) => page))),
    questions: asked.map(({ text }) =>
      text
        .split(' ')
        .slice(3, 3 + WORDS_ASKED)
        .join(' '),
    ),
  };
}

function evenly<T>(items: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(items.length, count);
  return Array.from({ length: wanted }, (_, at) => items[Math.floor((at * items.length) / wanted)] as T);
}

function inOrder(sections: readonly Section[], first: ReadonlySet<string>): readonly Section[] {
  const pages = new Map<string, Section[]>();
  for (const section of sections) {
    const own = pages.get(section.page);
    if (own === undefined) pages.set(section.page, [section]);
    else own.push(section);
  }
  const keyOf = (page: string) => (first.has(page) ? 0 : scattered(page));
  return [...pages]
    .map(([page, own]) => ({ key: keyOf(page), own }))
    .sort((a, b) => a.key - b.key)
    .flatMap(({ own }) => own);
}

/** FNV-1a, above 0: an order that has nothing to do with names, the same everywhere. */
function scattered(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return 1 + (hash >>> 0);
}
