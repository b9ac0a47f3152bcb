import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DocumentId, documentId, type Passage, passageId } from '../../core/document.ts';
import { SearchError } from '../../core/errors.ts';
import type { Store } from '../../core/ports.ts';
import { memoryStore } from '../../store/memory.ts';
import { createAnalyzer } from '../lexical/analysis.ts';
import { FIELDS } from '../terms.ts';
import { quantise } from '../vectors/quantise.ts';
import { buildPublishedIndex, type PublishedDocument, type PublishOptions } from './builder.ts';
import { MANIFEST_NAME, PUBLISHED_FORMAT } from './manifest.ts';
import { openPublishedIndex } from './published-index.ts';
import type { TokenTable } from './word-table.ts';

const DIMENSIONS = 16;
const TOKENS = [
  '[UNK]',
  'cat',
  'dog',
  'sleep',
  'roof',
  'house',
  'garden',
  '##s',
  '##ing',
  'read',
  '.',
  'k',
  '##it',
  '##ten',
];

function rowOf(id: number): { values: Int8Array; scale: number } {
  return { values: Int8Array.from({ length: DIMENSIONS }, (_, d) => ((id * 37 + d * 11) % 41) - 20), scale: 0.01 };
}

/** Greedy pieces of a word, as a model's tokenizer gives them. */
function encode(word: string): number[] {
  const ids: number[] = [];
  for (let at = 0; at < word.length; ) {
    let end = word.length;
    const known = () => TOKENS.indexOf((at > 0 ? '##' : '') + word.slice(at, end));
    while (end > at && known() < 0) end -= 1;
    if (end === at) return [0];
    ids.push(known());
    at = end;
  }
  return ids;
}

const table: TokenTable = { dimensions: DIMENSIONS, tokens: TOKENS, row: rowOf, encode };
const words = (text: string) => text.toLowerCase().match(/[a-z]+|\./g) ?? [];

function embed(text: string): Float32Array {
  const sum = new Float32Array(DIMENSIONS);
  for (const word of words(text))
    for (const id of encode(word))
      rowOf(id).values.forEach((value, d) => {
        sum[d] = (sum[d] ?? 0) + value * 0.01;
      });
  const length = Math.hypot(...sum);
  return length > 0 ? sum.map((value) => value / length) : sum;
}

function page(name: string, title: string, texts: readonly string[], weight = 1): PublishedDocument {
  const id: DocumentId = documentId(name);
  let start = 0;
  const passages = texts.map((text, ordinal): Passage => {
    const passage = {
      start,
      end: start + text.length,
      heading: [`Part ${ordinal}`],
      anchor: `p${ordinal}`,
      weight,
      text,
    };
    start += text.length;
    return { id: passageId(id, ordinal), documentId: id, ...passage };
  });
  const vectors = Float32Array.from(texts.flatMap((text) => [...embed(text)]));
  return { document: { id, url: `/${name}`, title, language: 'en' }, passages, vectors: quantise(vectors, DIMENSIONS) };
}

const NOUNS = ['cat', 'dog', 'house', 'garden', 'roof', 'sleeping', 'reads', 'kitten'];
const PAGES = Array.from({ length: 60 }, (_, at) =>
  page(
    `page-${String(at).padStart(2, '0')}`,
    `${NOUNS[at % 8]} of number ${at}`,
    Array.from(
      { length: 1 + (at % 4) },
      (_, part) => `The ${NOUNS[(at * 3 + part) % 8]} and the ${NOUNS[(at + part * 5) % 8]}. Word${at} stands here.`,
    ),
    at === 7 ? 0.5 : 1,
  ),
);

const OPTIONS: PublishOptions = { fingerprint: '["test"]', analyzer: createAnalyzer, table, words };
/** Everything in many blocks, pages and parts, as in a large index. */
const SMALL: PublishOptions = { ...OPTIONS, partBytes: 4096, inlineBlocks: 2, pageBlocks: 2 };

async function stored(files: ReadonlyMap<string, Uint8Array>): Promise<Store> {
  const store = memoryStore();
  await store.write({ put: files });
  return store;
}

async function opened(options = OPTIONS) {
  const files = await buildPublishedIndex(PAGES, options);
  return { files, index: await openPublishedIndex(await stored(files), { words }) };
}

describe('a published index', () => {
  it.each([
    ['in one file', OPTIONS],
    ['in many files with paged directories', SMALL],
  ])('finds every term with its passages and lengths, %s', async (_, options) => {
    const { index } = await opened(options);
    const analyzer = await createAnalyzer('en');
    const passages = PAGES.flatMap(({ document, passages: own }) => own.map((each) => ({ document, ...each })));
    const fieldsOf = (at: number) => {
      const { document, heading, text } = passages[at] ?? { document: { title: '' }, heading: [], text: '' };
      return [document.title, heading.join('\n'), text].map((each) => analyzer.analyze(each));
    };
    const terms = [...new Set(passages.flatMap((__, at) => fieldsOf(at).flat()))];
    const found = await index.terms.postings([...terms, 'nothing']);
    const lengths = await index.terms.lengths();
    expect(found.at(-1)).toBeUndefined();
    terms.forEach((term, number) => {
      FIELDS.forEach((___, field) => {
        const expected = passages.flatMap((____, at) => (fieldsOf(at)[field]?.includes(term) ? [at] : []));
        const postings = found[number]?.fields[field];
        expect([...(postings?.passages ?? [])]).toEqual(expected);
        for (const [at, passage] of expected.entries()) {
          expect(postings?.frequencies[at]).toBe(fieldsOf(passage)[field]?.filter((each) => each === term).length);
          expect(lengths.of(passage, field)).toBe(fieldsOf(passage)[field]?.length);
        }
      });
    });
    const total = passages.reduce((sum, ____, at) => sum + (fieldsOf(at)[2]?.length ?? 0), 0);
    expect(index.terms.statistics().averageLengths[2]).toBeCloseTo(total / passages.length, 9);
    expect(passages.map(({ weight }, at) => lengths.weight(at) === weight)).not.toContain(false);
  });

  it('gives texts back for ids, and nothing for ids of others', async () => {
    const { index } = await opened(SMALL);
    const all = PAGES.flatMap(({ document, passages }) => passages.map((passage) => ({ ...document, ...passage })));
    const ids = await index.idsOf(all.map((_, at) => at));
    const found = await index.passages([passageId(documentId('other'), 0), ...ids]);
    expect(found.map(({ text, url, title, anchor }) => ({ text, url, title, anchor }))).toEqual(
      all.map(({ text, url, title, anchor }) => ({ text, url, title, anchor })),
    );
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found[0]?.documentId).toBe('page-00');
  });

  it('expands prefixes and forgives typos', async () => {
    const { index } = await opened(SMALL);
    expect((await index.terms.expand('kit', 5)).map(({ term }) => term)).toEqual(['kitten']);
    expect((await index.terms.expand('ga', 5)).map(({ term }) => term)).toEqual(['garden']);
    expect((await index.terms.similar('gardne', 2, 5))[0]).toMatchObject({ term: 'garden', distance: 1 });
    expect(await index.terms.expand('', 5)).toEqual([]);
  });

  it('embeds questions as the whole model would: words of the site, common words and unknown ones by their pieces', async () => {
    const { index } = await opened();
    for (const question of ['sleeping dogs', 'kittens', 'a cat. reading', 'zzz']) {
      const own = await index.embedder.embedQuery(question);
      const whole = embed(question);
      expect(own.reduce((sum, value, d) => sum + value * (whole[d] ?? 0), 0)).toBeGreaterThan(0.999);
    }
  });

  it('finds the nearest vectors', async () => {
    const { index } = await opened();
    const [best] = (await index.vectors?.search(embed('cat roof'), 3)) ?? [];
    const all = PAGES.flatMap(({ passages }) => passages.map(({ text }) => text));
    const query = embed('cat roof');
    const exact = all.map((text) => embed(text).reduce((sum, value, d) => sum + value * (query[d] ?? 0), 0));
    expect(exact[best?.passage ?? 0]).toBeGreaterThan(Math.max(...exact) - 0.1);
    expect(await index.vectors?.search(new Float32Array(DIMENSIONS), 3)).toEqual([]);
    await expect(index.vectors?.search(new Float32Array(3), 3)).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('has the same bytes whatever the order of its pages, and names that change with them', async () => {
    const first = await buildPublishedIndex(PAGES, OPTIONS);
    const second = await buildPublishedIndex([...PAGES].reverse(), OPTIONS);
    expect([...second.keys()]).toEqual([...first.keys()]);
    for (const [name, bytes] of first) expect(second.get(name)).toEqual(bytes);
    const other = await buildPublishedIndex(PAGES.slice(1), OPTIONS);
    expect([...other.keys()][0]).not.toBe([...first.keys()][0]);
    await expect(buildPublishedIndex([...PAGES, ...PAGES], OPTIONS)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('holds no page, and no vectors, just as well', async () => {
    const empty = await openPublishedIndex(await stored(await buildPublishedIndex([], OPTIONS)), { words });
    expect(await empty.terms.postings(['cat'])).toEqual([undefined]);
    expect(await empty.terms.expand('c', 3)).toEqual([]);
    const bare = PAGES.map(({ document, passages }) => ({ document, passages }));
    const index = await openPublishedIndex(await stored(await buildPublishedIndex(bare, OPTIONS)), { words });
    expect(index.vectors).toBeUndefined();
    expect((await index.terms.postings(['cat']))[0]).toBeDefined();
  });

  it('says what is wrong: no index, another format, another fingerprint, files gone', async () => {
    await expect(openPublishedIndex(memoryStore(), { words })).rejects.toMatchObject({ code: 'not-found' });
    const { files } = await opened();
    const newer = new Map(files);
    const manifest = Uint8Array.from(files.get(MANIFEST_NAME) ?? []);
    manifest[4] = PUBLISHED_FORMAT + 1;
    newer.set(MANIFEST_NAME, manifest);
    await expect(openPublishedIndex(await stored(newer), { words })).rejects.toMatchObject({ code: 'mismatch' });
    const other = openPublishedIndex(await stored(files), { words, fingerprint: '["other"]' });
    await expect(other).rejects.toMatchObject({ code: 'mismatch' });
    const store = await stored(new Map([[MANIFEST_NAME, files.get(MANIFEST_NAME) ?? new Uint8Array()]]));
    const index = await openPublishedIndex(store, { words });
    await expect(index.terms.postings(['cat'])).rejects.toMatchObject({ code: 'not-found' });
    await expect(index.prefetch()).rejects.toMatchObject({ code: 'not-found' });
  });

  it('never answers wrongly from a file with a flipped bit', async () => {
    const { files, index } = await opened();
    const names = [...files.keys()];
    const ask = async (from: Awaited<ReturnType<typeof openPublishedIndex>>) => {
      const ids = await from.idsOf([0, 40]);
      const vector = await from.embedder.embedQuery('sleeping dogs kittens');
      const [terms, texts, near] = await Promise.all([
        from.terms.postings(['cat', 'roof']),
        from.passages(ids),
        from.vectors?.search(vector, 5),
      ]);
      return JSON.stringify([terms, texts.map(({ text }) => text), near, await from.terms.expand('ki', 3)]);
    };
    const right = await ask(index);
    let noticed = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(7), async (file, at, bit) => {
        const name = names[file % names.length] ?? '';
        const bytes = Uint8Array.from(files.get(name) ?? []);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
        try {
          const broken = await openPublishedIndex(await stored(new Map([...files, [name, bytes]])), { words });
          expect(await ask(broken)).toBe(right);
        } catch (error) {
          expect(error).toBeInstanceOf(SearchError);
          expect(['corrupt', 'mismatch', 'not-found']).toContain((error as SearchError).code);
          noticed += 1;
        }
      }),
      { numRuns: 60 },
    );
    expect(noticed).toBeGreaterThan(10);
  });
});
