import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildPublishedIndex } from '../index/published/builder.ts';
import { OPTIONS, PAGES } from '../index/published/fixtures/pages.ts';
import { openPublishedIndex } from '../index/published/published-index.ts';
import { createStaticEmbedder } from '../models/static-embedder.ts';
import { basicWords, createWordPiece } from '../models/wordpiece.ts';
import { memoryStore } from '../store/memory.ts';

const TOKENS = ['[UNK]', '[CLS]', '[SEP]', 'a', 'b', 'ab', 'abba', 'é', '𐐨', '##a', '##b', '##bab', '##𐐨', '.'];
const DIMENSIONS = 16;
const rows = Int8Array.from({ length: TOKENS.length * DIMENSIONS }, (_, at) => ((at * 37) % 41) - 20);
const scales = new Float32Array(TOKENS.length).fill(0.01);
const wordpiece = createWordPiece(TOKENS.join('\n'));
const model = createStaticEmbedder({ rows, scales, wordpiece });

async function publishedEmbedder() {
  const table = {
    dimensions: DIMENSIONS,
    tokens: TOKENS,
    row: (id: number) => ({ values: rows.subarray(id * DIMENSIONS, (id + 1) * DIMENSIONS), scale: 0.01 }),
    encode: (word: string) => wordpiece.encode(word),
  };
  const store = memoryStore();
  await store.write({ put: await buildPublishedIndex(PAGES.slice(0, 3), { ...OPTIONS, table, words: basicWords }) });
  return (await openPublishedIndex(store, { words: basicWords })).embedder;
}

it('embeds any question as the model does from which its rows are, long words too', async () => {
  const published = await publishedEmbedder();
  const short = fc.array(fc.constantFrom('a', 'b', 'ab', '𐐨', 'é'), { maxLength: 8 });
  const long = fc.array(fc.constantFrom('a', 'b', '𐐨'), { minLength: 95, maxLength: 105 });
  const text = fc
    .array(fc.oneof(short, long), { maxLength: 6 })
    .map((words) => words.map((each) => each.join('')).join(' '));
  await fc.assert(
    fc.asyncProperty(text, async (question) => {
      const [own, whole] = [await published.embedQuery(question), await model.embedQuery(question)];
      expect(own).toHaveLength(DIMENSIONS);
      own.forEach((value, d) => {
        expect(value).toBeCloseTo(whole[d] ?? 0, 5);
      });
    }),
  );
});

it('reads no word of more characters than the model does', async () => {
  const published = await publishedEmbedder();
  const start = performance.now();
  await published.embedQuery('ab'.repeat(50_000));
  expect(performance.now() - start).toBeLessThan(1000);
});
