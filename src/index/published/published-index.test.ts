import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { throwIfAborted } from '../../core/cancellation.ts';
import { documentId, type PassageId, passageId } from '../../core/document.ts';
import { SearchError } from '../../core/errors.ts';
import type { Store } from '../../core/ports.ts';
import { memoryStore } from '../../store/memory.ts';
import { createAnalyzer } from '../lexical/analysis.ts';
import { FIELDS } from '../terms.ts';
import { buildPublishedIndex } from './builder.ts';
import { DIMENSIONS, embed, OPTIONS, PAGES, SMALL, words } from './fixtures/pages.ts';
import { MANIFEST_NAME, PUBLISHED_FORMAT } from './manifest.ts';
import { openPublishedIndex } from './published-index.ts';

async function stored(files: ReadonlyMap<string, Uint8Array>): Promise<Store> {
  const store = memoryStore();
  await store.write({ put: files });
  return store;
}

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * (b[d] ?? 0), 0);

async function opened(options = OPTIONS) {
  const files = await buildPublishedIndex(PAGES, options);
  return { files, index: await openPublishedIndex(await stored(files), { words }) };
}

describe.each([1, 2, 3, 4])('an index of format %i', (format) => {
  it('still opens and answers', async () => {
    const folder = join(import.meta.dirname, `fixtures/format-${format}`);
    const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    const index = await openPublishedIndex(await stored(files), { words });
    expect(index.facts).toMatchObject({ documents: 60, passages: 150, fingerprint: '["test"]' });
    const [kitten] = await index.terms.postings(['kitten']);
    expect(kitten?.outline !== undefined).toBe(format > 1);
    const settled = kitten && (await index.terms.settle?.([[{ postings: kitten, weight: 1 }]], true));
    expect((settled?.get('kitten') ?? kitten)?.fields[2]?.passages.length).toBeGreaterThan(5);
    const [passage] = await index.passages(await index.idsOf([3]));
    expect(passage?.text).toBe(PAGES[2]?.passages[0]?.text);
    const query = await index.embedder.embedQuery('kittens');
    const exact = PAGES.flatMap(({ passages }) => passages.map(({ text }) => product(embed(text), query)));
    const near = (await index.vectors?.search(query, 3)) ?? [];
    expect(near).toHaveLength(3);
    for (const { passage: at, score } of near) {
      expect(score).toBeCloseTo(exact[at] ?? 0, 1);
      expect(exact[at]).toBeGreaterThan(Math.max(...exact) - 0.1);
    }
    expect(index.vectors?.rescore !== undefined).toBe(format > 3);
    expect(index.vectors?.vectorsOf !== undefined).toBe(format > 3);
  });
});

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
    const outlined = await index.terms.postings([...terms, 'nothing']);
    const lengths = await index.terms.lengths();
    expect(outlined.at(-1)).toBeUndefined();
    expect(outlined.some((each) => each?.outline !== undefined)).toBe(options === SMALL);
    const readings = outlined.flatMap((postings) => (postings === undefined ? [] : [[{ postings, weight: 1 }]]));
    const settled = await index.terms.settle?.(readings, true);
    const found = terms.map((term, at) => settled?.get(term) ?? outlined[at]);
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
    expect((await index.terms.similar({ word: 'gardne', edits: 2 }, 5))[0]).toMatchObject({
      term: 'garden',
      distance: 1,
    });
    expect(await index.terms.expand('', 5)).toEqual([]);
  });

  it('embeds questions as the whole model would: words of the site, common words and unknown ones by their pieces', async () => {
    const { index } = await opened();
    for (const question of ['sleeping dogs', 'kittens', 'a cat. reading', 'zzz']) {
      const own = await index.embedder.embedQuery(question);
      const whole = embed(question);
      expect(product(own, whole)).toBeGreaterThan(0.999);
    }
    // A word with its own row, and one that is read by its pieces.
    const weights = async () => new Map(['dogs', 'zzz'].map((word) => [word, 3]));
    for (const [question, same] of [
      ['sleeping dogs', 'sleeping dogs dogs dogs'],
      ['cat zzz', 'cat zzz zzz zzz'],
    ] as const)
      expect(product(await index.embedder.embedQuery(question, undefined, weights), embed(same))).toBeGreaterThan(
        0.999,
      );
  });

  it.each([
    ['in one list', OPTIONS],
    ['in groups', SMALL],
  ])('finds the nearest vectors, clusters %s', async (_, options) => {
    const { index } = await opened(options);
    const [best] = (await index.vectors?.search(embed('cat roof'), 3)) ?? [];
    const all = PAGES.flatMap(({ passages }) => passages.map(({ text }) => text));
    const query = embed('cat roof');
    const exact = all.map((text) => product(embed(text), query));
    expect(exact[best?.passage ?? 0]).toBeGreaterThan(Math.max(...exact) - 0.1);
    expect(await index.vectors?.search(new Float32Array(DIMENSIONS), 3)).toEqual([]);
    await expect(index.vectors?.search(new Float32Array(3), 3)).rejects.toMatchObject({ code: 'mismatch' });
  });

  it.each([
    ['in one file', OPTIONS],
    ['in many files', SMALL],
  ])('scores any passages finely by what lies beside their texts, %s', async (_, options) => {
    const { index } = await opened(options);
    const texts = PAGES.flatMap(({ passages }) => passages.map(({ text }) => text));
    const ids = await index.idsOf(texts.map((__, at) => at));
    const query = embed('cat roof');
    const scores = await index.vectors?.rescore?.(query, [passageId(documentId('other'), 0), ...ids]);
    expect([...(scores?.keys() ?? [])]).toEqual(ids);
    const off = texts.map((text, at) =>
      Math.abs((scores?.get(ids[at] as PassageId) ?? 9) - product(embed(text), query)),
    );
    expect(Math.max(...off)).toBeLessThan(0.06);
    expect(await index.vectors?.rescore?.(new Float32Array(DIMENSIONS), ids)).toEqual(new Map());
    await expect(index.vectors?.rescore?.(new Float32Array(3), ids)).rejects.toMatchObject({ code: 'mismatch' });
  });

  it.each([
    ['in one list', OPTIONS],
    ['in groups', SMALL],
  ])(
    'gives vectors of passages from beside their texts, and searches by them where it has looked already, clusters %s',
    async (_, options) => {
      const { files } = await opened(options);
      const store = await stored(files);
      let reads = 0;
      const counted: Store = {
        ...store,
        read: (name, range, signal) => {
          reads += 1;
          return store.read(name, range, signal);
        },
      };
      const { vectors, ...index } = await openPublishedIndex(counted, { words });
      const texts = PAGES.flatMap(({ passages }) => passages.map(({ text }) => text));
      const ids = await index.idsOf([3, 8]);
      const found = await vectors?.vectorsOf?.([passageId(documentId('other'), 0), ...ids]);
      expect([...(found?.keys() ?? [])]).toEqual(ids);
      for (const [at, number] of [3, 8].entries()) {
        const vector = found?.get(ids[at] as PassageId) ?? new Float32Array();
        expect(product(vector, embed(texts[number] ?? ''))).toBeGreaterThan(0.85);
      }
      const near = embed('cat roof');
      const first = await vectors?.search(near, 3);
      const readBefore = reads;
      const other = embed('garden house');
      const second = await vectors?.search(other, 3, undefined, { near });
      expect(reads).toBe(readBefore);
      expect(second).toHaveLength(3);
      expect(second?.[0]?.score).toBeCloseTo(product(embed(texts[second?.[0]?.passage ?? 0] ?? ''), other), 0);
      expect(await vectors?.search(near, 3, undefined, { near })).toEqual(first);
    },
  );

  it('reads a block once for all who ask at the same time, and for whoever stays when another gives up', async () => {
    const { files } = await opened();
    const store = await stored(files);
    const reads: string[] = [];
    const impatient = new AbortController();
    const counted: Store = {
      ...store,
      async read(name, range, signal) {
        reads.push(`${name} ${range?.offset}`);
        await new Promise((done) => setTimeout(done, 5));
        if (signal === impatient.signal) impatient.abort();
        throwIfAborted(signal);
        return store.read(name, range, signal);
      },
    };
    const index = await openPublishedIndex(counted, { words });
    const [id = passageId(documentId('none'), 0)] = await index.idsOf([7]);
    const [first, second, third] = [
      index.passages([id], impatient.signal),
      index.passages([id]),
      index.vectors?.rescore?.(embed('cat'), [id]),
    ];
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    expect(await second).toHaveLength(1);
    expect((await third)?.size).toBe(1);
    // The manifest, the text block for the one who gave up and again for those who did not, and the centroids.
    expect(reads).toHaveLength(4);
    expect(new Set(reads).size).toBe(3);
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

  it('says what is wrong: no index, another format, files gone', async () => {
    await expect(openPublishedIndex(memoryStore(), { words })).rejects.toMatchObject({ code: 'not-found' });
    const { files } = await opened();
    const newer = new Map(files);
    const manifest = Uint8Array.from(files.get(MANIFEST_NAME) ?? []);
    manifest[4] = PUBLISHED_FORMAT + 1;
    newer.set(MANIFEST_NAME, manifest);
    await expect(openPublishedIndex(await stored(newer), { words })).rejects.toMatchObject({ code: 'mismatch' });
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
      const [terms, texts, near, fine] = await Promise.all([
        from.terms.postings(['cat', 'roof']),
        from.passages(ids),
        from.vectors?.search(vector, 5),
        from.vectors?.rescore?.(vector, ids),
      ]);
      return JSON.stringify([
        terms,
        texts.map(({ text }) => text),
        near,
        [...(fine ?? [])],
        await from.terms.expand('ki', 3),
      ]);
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
