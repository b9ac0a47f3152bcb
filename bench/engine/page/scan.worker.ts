import { serve } from '../../../src/client/glue.ts';
import { passageText } from '../../../src/core/passage-text.ts';
import { quantise } from '../../../src/index/vectors/quantise.ts';
import { exactVectorIndex } from '../../../src/index/vectors/scan.ts';
import { loadCatalog, staticEmbedderEntry } from '../../../src/models/catalog.ts';
import { loadModelText } from '../../../src/models/file.ts';
import { sparseStaticEmbedder } from '../../../src/models/sparse-embedder.ts';
import { createWordPiece } from '../../../src/models/wordpiece.ts';
import { httpStore } from '../../../src/store/http.ts';
import type { BenchCorpus } from './corpus.ts';

const DEPTH = 100;

interface Vectors {
  readonly dimensions: number;
  readonly passages: Float32Array;
  readonly queries: readonly Float32Array[];
}

/** The passages and questions of a corpus by the shipped static embedder. */
async function embedded(models: string, url: string, rounds: number): Promise<Vectors> {
  const { documents, questions }: BenchCorpus = await (await fetch(url)).json();
  const store = httpStore(models);
  const entry = staticEmbedderEntry(await loadCatalog(store));
  const wordpiece = createWordPiece(await loadModelText(store, entry.files.vocabulary));
  const embedder = sparseStaticEmbedder(store, entry, wordpiece);
  const texts = documents.flatMap(({ title, passages }) =>
    passages.map(({ heading, text }) => passageText({ title, heading, text })),
  );
  const { dimensions } = entry;
  const passages = new Float32Array(texts.length * dimensions);
  for (let at = 0; at < texts.length; at += 1_000)
    passages.set(await embedder.embedPassages(texts.slice(at, at + 1_000)), at * dimensions);
  const queries: Float32Array[] = [];
  for (let round = 0; round < rounds; round += 1)
    queries.push(await embedder.embedQuery(questions[round % questions.length]?.text ?? ''));
  return { dimensions, passages, queries };
}

function randomVectors(count: number, dimensions: number, rounds: number): Vectors {
  const queries = Array.from({ length: rounds }, () => unitVectors(1, dimensions));
  return { dimensions, passages: unitVectors(count, dimensions), queries };
}

function unitVectors(count: number, dimensions: number): Float32Array {
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) {
    const own = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    let square = 0;
    for (let i = 0; i < dimensions; i += 1) {
      own[i] = Math.random() + Math.random() + Math.random() - 1.5;
      square += (own[i] ?? 0) ** 2;
    }
    const factor = 1 / Math.sqrt(square);
    for (let i = 0; i < dimensions; i += 1) own[i] = (own[i] ?? 0) * factor;
  }
  return vectors;
}

/** What one would write without this project: float32, one loop, the best kept by a sort. */
function plainScan(vectors: Float32Array, dimensions: number, query: Float32Array): readonly number[] {
  const count = vectors.length / dimensions;
  const scores = new Float32Array(count);
  for (let row = 0, at = 0; row < count; row += 1) {
    let sum = 0;
    for (let i = 0; i < dimensions; i += 1, at += 1) sum += (vectors[at] as number) * (query[i] as number);
    scores[row] = sum;
  }
  const floor = Float32Array.from(scores).sort()[Math.max(0, count - DEPTH)] ?? 0;
  const best: number[] = [];
  for (let row = 0; row < count; row += 1) if ((scores[row] as number) >= floor) best.push(row);
  return best.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, DEPTH);
}

/**
 * Milliseconds of each search, both ways in turn, and the share of the plain top 10 that is found. The plain way reads 102 MB
 * each time, so that ours finds its vectors in no cache, as a question does that comes after other work; `repeated` are
 * searches one right after another.
 */
async function measure({ dimensions, passages, queries }: Vectors) {
  const part = quantise(passages, dimensions);
  const index = exactVectorIndex({ dimensions, load: async () => [part], isLive: () => true });
  const kernel = await index.kernel();
  for (const query of queries.slice(0, 1)) {
    await index.search(query, DEPTH);
    plainScan(passages, dimensions, query);
  }
  const own: number[] = [];
  const plain: number[] = [];
  let [found, wanted] = [0, 0];
  for (const query of queries) {
    const start = performance.now();
    const near = await index.search(query, DEPTH);
    const middle = performance.now();
    const exact = plainScan(passages, dimensions, query).slice(0, 10);
    own.push(middle - start);
    plain.push(performance.now() - middle);
    const got = new Set(near.slice(0, 10).map(({ passage }) => passage));
    found += exact.filter((each) => got.has(each)).length;
    wanted += exact.length;
  }
  const repeated: number[] = [];
  for (const query of queries) {
    const start = performance.now();
    await index.search(query, DEPTH);
    repeated.push(performance.now() - start);
  }
  return { own, plain, repeated, kernel, count: part.count, recall: found / Math.max(1, wanted) };
}

const jobs = {
  scanCorpus: async (models: string, url: string, rounds: number) => measure(await embedded(models, url, rounds)),
  scanRandom: async (count: number, dimensions: number, rounds: number) =>
    measure(randomVectors(count, dimensions, rounds)),
};

export type ScanJobs = typeof jobs;

serve(() => jobs);
