import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageDocuments } from '../../src/cli/packages.ts';
import { readDocument } from '../../src/ingest/document.ts';
import { splitPassages } from '../../src/ingest/passages.ts';
import type { BenchCorpus, BenchDocument, BenchPassage, BenchQuestion } from './page/corpus.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TRAIN = resolve(ROOT, '../shared/train');
const QUESTIONS = 200;
/** Raised whenever a corpus would be made otherwise. */
const VERSION = 2;

/** Corpora are made once a machine, under .cache/bench. */
export const CACHE = resolve(ROOT, '.cache/bench');

/**
 * Real passages of about 100 words in documents as their pages have them, with natural questions of one known source
 * each: the documentation of 57 projects in ../shared/train where that is, else this machine's node_modules, repeated
 * under other names until there are enough. Returns the file's name below CACHE.
 */
export async function prepareCorpus(size: number, say: (line: string) => void): Promise<string> {
  const real = existsSync(join(TRAIN, 'docs-sections.jsonl.gz'));
  const name = `corpus-${VERSION}-${real ? 'docs' : 'packages'}-${size}.json`;
  const path = join(CACHE, name);
  if (existsSync(path)) return name;
  say(`Preparing ${size} passages…`);
  const all = real ? trainingDocuments() : await packageCorpus(size, say);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(path, JSON.stringify(cut(all, size)));
  return name;
}

interface Section {
  readonly r: string;
  readonly p: string;
  readonly h: readonly string[];
  readonly t: string;
}

function trainingDocuments(): BenchCorpus {
  const lines = gunzipSync(readFileSync(join(TRAIN, 'docs-sections.jsonl.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const documents = new Map<string, { id: string; title: string; passages: BenchPassage[] }>();
  const places = new Map<number, string>();
  for (const [line, json] of lines.entries()) {
    const { r, p, h, t } = JSON.parse(json) as Section;
    const id = `${r}/${p}`.replaceAll('#', '%23');
    const document = documents.get(id) ?? { id, title: h[0] ?? p, passages: [] };
    documents.set(id, document);
    places.set(line, `${id}#${document.passages.length}`);
    document.passages.push({ heading: h[0] === document.title ? h.slice(1) : h, text: t });
  }
  const questions = readFileSync(join(TRAIN, 'questions.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line): BenchQuestion[] => {
      const [place = '', text = ''] = line.split('\t');
      const source = places.get(Number(place));
      return source === undefined || text === '' ? [] : [{ text, source }];
    });
  const about = 'sections of the documentation of 57 projects (../shared/train), questions written for them';
  return { about, documents: [...documents.values()], questions };
}

async function packageCorpus(size: number, say: (line: string) => void): Promise<BenchCorpus> {
  const sources = packageDocuments(join(ROOT, 'node_modules'));
  const own: BenchDocument[] = [];
  for (const source of sources) {
    const document = await readDocument(source);
    const passages = splitPassages(document).map(({ heading, text }) => ({ heading, text }));
    if (passages.length > 0) own.push({ id: document.id, title: document.title, passages });
  }
  const count = own.reduce((sum, { passages }) => sum + passages.length, 0);
  const times = Math.ceil(size / Math.max(1, count));
  say(`No ../shared/train here: ${count} passages of node_modules, ${times} times under different names.`);
  const copies = Array.from({ length: times }, (_, copy) =>
    own.map((each) => (copy === 0 ? each : { ...each, id: `copy${copy}/${each.id}` })),
  );
  const about = `documentation in node_modules${times > 1 ? `, repeated ${times} times` : ''}; questions made of its words`;
  return { about, documents: copies.flat(), questions: own.flatMap(madeQuestion) };
}

/** Some words of a passage, in their order: no natural question, but one with a known source. */
function madeQuestion({ id, passages }: BenchDocument, place: number): readonly BenchQuestion[] {
  const ordinal = place % passages.length;
  const words = passages[ordinal]?.text.match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  const picked = words.filter((_, i) => i % 5 === 2).slice(0, 8);
  return picked.length < 5 ? [] : [{ text: `how ${picked.join(' ')}`, source: `${id}#${ordinal}` }];
}

/** `size` passages: the documents of some questions, then others by chance, always the same ones. */
function cut({ about, documents, questions }: BenchCorpus, size: number): BenchCorpus {
  const random = generator(20261121);
  const shuffled = shuffle(questions, random).slice(0, Math.min(QUESTIONS, Math.ceil(size / 20)));
  const documentOf = (source: string) => source.slice(0, source.lastIndexOf('#'));
  const asked = new Set(shuffled.map(({ source }) => documentOf(source)));
  const ordered = [
    ...documents.filter(({ id }) => asked.has(id)),
    ...shuffle(
      documents.filter(({ id }) => !asked.has(id)),
      random,
    ),
  ];
  const kept: BenchDocument[] = [];
  let left = size;
  for (const { id, title, passages } of ordered) {
    if (left <= 0) break;
    kept.push({ id, title, passages: passages.slice(0, left) });
    left -= passages.length;
  }
  const lengths = new Map(kept.map(({ id, passages }) => [id, passages.length]));
  const answerable = shuffled.filter(
    ({ source }) => Number(source.slice(source.lastIndexOf('#') + 1)) < (lengths.get(documentOf(source)) ?? 0),
  );
  return { about, documents: shuffle(kept, random), questions: answerable };
}

/** Park and Miller's minimal standard generator, 0 to 1: the same corpus on every machine. */
function generator(seed: number): () => number {
  let state = seed % 2147483647;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
