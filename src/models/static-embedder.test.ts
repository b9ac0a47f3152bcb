import { describe, expect, it, vi } from 'vitest';
import { testEmbedder } from './embedder.contract.ts';
import { filesStore } from './fixtures/files.ts';
import { staticFixture } from './fixtures/static.ts';
import { floats, loadStaticEmbedder, spans, sparseStaticEmbedder } from './sparse-embedder.ts';
import { createStaticEmbedder } from './static-embedder.ts';
import { compileSums } from './sums/sums-wasm.ts';
import { createWordPiece } from './wordpiece.ts';

const fixture = staticFixture();
const wordpiece = createWordPiece(fixture.vocabulary);
const rows = new Int8Array((fixture.files.get('static/rows.i8') ?? new Uint8Array()).slice().buffer);
const scales = floats(fixture.files.get('static/scales.f32') ?? new Uint8Array());

testEmbedder('createStaticEmbedder', async () => ({
  embedder: createStaticEmbedder({ rows, scales, wordpiece, dimensions: 64 }),
  dimensions: 64,
  symmetric: true,
}));

testEmbedder('createStaticEmbedder with its kernel', async () => ({
  embedder: createStaticEmbedder({ rows, scales, wordpiece, kernel: await compileSums() }),
  dimensions: 256,
  symmetric: true,
}));

testEmbedder('sparseStaticEmbedder', async () => ({
  embedder: sparseStaticEmbedder(filesStore(fixture.files).store, fixture.entry, wordpiece),
  dimensions: 256,
  symmetric: true,
}));

describe('createStaticEmbedder', () => {
  it('sums scaled rows, once for every occurrence', async () => {
    const tiny = createWordPiece('[UNK]\n[CLS]\n[SEP]\nfox\nran\n');
    const embedder = createStaticEmbedder({
      rows: Int8Array.of(0, 0, 0, 0, 0, 0, 100, 0, 0, 50),
      scales: Float32Array.of(1, 1, 1, 0.01, 0.02),
      wordpiece: tiny,
    });
    // fox twice: 2 × (1, 0); ran once: (0, 1).
    const [x, y] = await embedder.embedQuery('fox ran FOX');
    expect(x).toBeCloseTo(2 / Math.sqrt(5), 6);
    expect(y).toBeCloseTo(1 / Math.sqrt(5), 6);
    expect([...(await embedder.embedQuery(''))]).toEqual([0, 0]);
  });
  it('counts words by their weights, 1 for those that have none; all pieces of a word alike', async () => {
    const tiny = createWordPiece('[UNK]\n[CLS]\n[SEP]\nfox\nran\n##es\n');
    const embedder = createStaticEmbedder({
      rows: Int8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1),
      scales: new Float32Array(6).fill(1),
      wordpiece: tiny,
    });
    const weights = async () => new Map([['foxes', 3]]);
    const found = await embedder.embedQuery('Foxes fox ran', undefined, weights);
    // foxes: 3 × (fox + ##es); fox and ran once.
    const length = Math.hypot(4, 1, 3);
    for (const [at, value] of [4, 1, 3].entries()) expect(found[at]).toBeCloseTo(value / length, 6);
    const none = await embedder.embedQuery('Foxes fox ran', undefined, async () => new Map());
    expect([...none]).toEqual([...(await embedder.embedQuery('Foxes fox ran'))]);
  });
  it('makes a vector of each window of 32 tokens, every 16, with the head in each', async () => {
    const tiny = createWordPiece('[UNK]\n[CLS]\n[SEP]\nfox\nran\nden\n');
    const embedder = createStaticEmbedder({
      rows: Int8Array.of(...[0, 0, 0, 0, 0, 0, 0, 0, 0], ...[1, 0, 0], ...[0, 1, 0], ...[0, 0, 1]),
      scales: new Float32Array(6).fill(1),
      wordpiece: tiny,
    });
    const direction = (...sums: readonly number[]) => sums.map((sum) => expect.closeTo(sum / Math.hypot(...sums), 6));
    const [long, short, empty] =
      (await embedder.embedWindows?.([
        { head: 'den', text: `${'fox '.repeat(20)}${'ran '.repeat(21)}` },
        { head: '', text: 'fox' },
        { head: '', text: '' },
      ])) ?? [];
    // 41 tokens: 0 to 32, and 16 to the end.
    expect([...(long ?? [])]).toEqual([...direction(20, 12, 1), ...direction(4, 21, 1)]);
    expect([...(short ?? [])]).toEqual([1, 0, 0]);
    expect([...(empty ?? [])]).toEqual([0, 0, 0]);
  });
  it('makes the same vectors with its kernel', async () => {
    const kernel = await compileSums();
    expect(kernel).toBeDefined();
    const [plain, fast] = [undefined, kernel].map((each) =>
      createStaticEmbedder({ rows, scales, wordpiece, kernel: each }),
    );
    const text = 'a fox ran over the bridge, word399 and word380 '.repeat(40);
    expect(await fast?.embedPassages([text, 'fox', ''])).toEqual(await plain?.embedPassages([text, 'fox', '']));
    const windows = [{ head: 'install', text }];
    expect(await fast?.embedWindows?.(windows)).toEqual(await plain?.embedWindows?.(windows));
  });
  it('makes no more windows when the signal fires', async () => {
    const controller = new AbortController();
    const texts = Array.from({ length: 100 }, () => ({ head: '', text: 'install the search' }));
    const running = createStaticEmbedder({ rows, scales, wordpiece }).embedWindows?.(texts, controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });
  it('takes the prefix of a row, normalised anew', async () => {
    const long = await createStaticEmbedder({ rows, scales, wordpiece }).embedQuery('install the search');
    const short = await createStaticEmbedder({ rows, scales, wordpiece, dimensions: 128 }).embedQuery(
      'install the search',
    );
    const length = Math.hypot(...long.subarray(0, 128));
    for (const [at, value] of short.entries()) expect(value).toBeCloseTo((long[at] ?? 0) / length, 5);
  });
  it('refuses rows of another vocabulary, and dimensions that are not there', () => {
    expect(() => createStaticEmbedder({ rows, scales: scales.subarray(1), wordpiece })).toThrow(/do not fit/);
    expect(() => createStaticEmbedder({ rows, scales, wordpiece, dimensions: 257 })).toThrow(/1 to 256/);
  });
  it('stops in the middle when the signal fires', async () => {
    const embedder = createStaticEmbedder({ rows, scales, wordpiece });
    const controller = new AbortController();
    const running = embedder.embedPassages(new Array(5000).fill('a fox ran over the bridge'), controller.signal);
    setTimeout(() => controller.abort(), 0);
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('sparseStaticEmbedder', () => {
  it('reads the rows of the query alone, once, and gives what the whole matrix gives', async () => {
    const { store, reads } = filesStore(fixture.files);
    const sparse = sparseStaticEmbedder(store, fixture.entry, wordpiece);
    const vector = await sparse.embedQuery('fox word399 fox word380');
    const rows = reads.filter(({ range }) => range !== undefined);
    expect(rows.reduce((sum, { range }) => sum + (range?.length ?? 0), 0)).toBeLessThan(30 * 256);
    // All scales at once, each row by itself.
    expect(reads.length - rows.length).toBe(1);
    const before = reads.length;
    await sparse.embedQuery('word399 fox');
    expect(reads.length).toBe(before);
    const whole = await loadStaticEmbedder(store, fixture.entry, wordpiece);
    expect([...vector]).toEqual([...(await whole.embedQuery('fox word399 fox word380'))]);
  });
  it('reads rows while weights are still to come, and weighs as the whole matrix does', async () => {
    const { store, reads } = filesStore(fixture.files);
    const sparse = sparseStaticEmbedder(store, fixture.entry, wordpiece);
    let weigh: (weights: ReadonlyMap<string, number>) => void = () => undefined;
    const weights = new Promise<ReadonlyMap<string, number>>((resolve) => {
      weigh = resolve;
    });
    const running = sparse.embedQuery('fox word399', undefined, () => weights);
    await vi.waitFor(() => expect(reads.length).toBeGreaterThan(1));
    weigh(new Map([['fox', 2.5]]));
    const whole = await loadStaticEmbedder(store, fixture.entry, wordpiece);
    const vector = await running;
    expect([...vector]).toEqual([...(await whole.embedQuery('fox word399', undefined, () => weights))]);
    expect([...vector]).not.toEqual([...(await whole.embedQuery('fox word399'))]);
  });
  it('loads the matrix once for passages, and reads nothing after it', async () => {
    const { store, reads } = filesStore(fixture.files);
    const sparse = sparseStaticEmbedder(store, fixture.entry, wordpiece);
    await Promise.all([sparse.embedPassages(['fox']), sparse.embedPassages(['bridge'])]);
    await sparse.embedQuery('index');
    expect(reads.map(({ name, range }) => [name, range])).toEqual([
      ['static/rows.i8', undefined],
      ['static/scales.f32', undefined],
    ]);
  });
  it('refuses flipped bytes, and works once they are right again', async () => {
    const files = new Map(fixture.files);
    const broken = (files.get('static/rows.i8') ?? new Uint8Array()).slice();
    broken[7] = (broken[7] ?? 0) ^ 1;
    files.set('static/rows.i8', broken);
    const sparse = sparseStaticEmbedder(filesStore(files).store, fixture.entry, wordpiece);
    await expect(sparse.embedPassages(['fox'])).rejects.toMatchObject({ code: 'corrupt' });
    files.set('static/rows.i8', fixture.files.get('static/rows.i8') ?? new Uint8Array());
    expect((await sparse.embedPassages(['fox'])).length).toBe(256);
    files.delete('static/rows.i8');
    const gone = sparseStaticEmbedder(filesStore(files).store, fixture.entry, wordpiece);
    await expect(gone.embedQuery('fox')).rejects.toMatchObject({ code: 'not-found' });
  });
  it('joins tokens that lie close together into one range', () => {
    expect(spans([9, 3, 3, 4], 256)).toEqual([{ first: 3, last: 9 }]);
    expect(spans([1, 400], 256)).toEqual([
      { first: 1, last: 1 },
      { first: 400, last: 400 },
    ]);
    expect(spans([1, 400], 4)).toEqual([{ first: 1, last: 400 }]);
  });
});
