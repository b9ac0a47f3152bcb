import { connect } from '../../../src/client/glue.ts';
import { createSearch, type Search } from '../../../src/client/search.ts';
import type { Source } from '../../../src/core/document.ts';
import type { PipelineName } from '../../../src/engine/types.ts';
import type { BenchCorpus } from './corpus.ts';
import type { EmbedJobs } from './embed.worker.ts';
import type { MiniSearchJobs } from './minisearch.worker.ts';
import type { RerankJobs } from './rerank.worker.ts';
import type { ScanJobs } from './scan.worker.ts';

export interface Built {
  readonly ms: number;
  /** Stored bytes. */
  readonly bytes: number;
}

export interface Asked {
  readonly ms: number;
  /** Ids of the passages found, best first. */
  readonly ids: readonly string[];
}

export interface AskOptions {
  readonly pipeline: PipelineName;
  readonly typing: boolean;
}

const MODELS = new URL('/models/', location.href).href;

const engineWorker = () =>
  new Worker(new URL('../../../workers/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'findling-engine',
  });
const indexWorker = () => new Worker(new URL('./index.worker.ts', import.meta.url), { type: 'module' });
const peerWorker = () =>
  connect<MiniSearchJobs>(new Worker(new URL('./minisearch.worker.ts', import.meta.url), { type: 'module' }), 'peer');

async function corpusOf(url: string): Promise<BenchCorpus> {
  return (await fetch(url)).json();
}

async function timed<T>(job: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now();
  const result = await job();
  return { ms: performance.now() - start, result };
}

/** A document whose passages are cut already; index.worker.ts reads it. */
function sourceOf({ id, title, passages }: BenchCorpus['documents'][number]): Source {
  return { id, type: 'text', title, language: 'en', content: JSON.stringify(passages) };
}

let open: { readonly search: Search; readonly peer: ReturnType<typeof peerWorker> } | undefined;

function opened() {
  if (open === undefined) throw new Error('Call open() first.');
  return open;
}

const jobs = {
  /** Adds all documents as a page does: inbox, terms, embeddings, IndexedDB, merges. Reading HTML or Markdown is left out. */
  async build(url: string, name: string): Promise<Built> {
    const sources = (await corpusOf(url)).documents.map(sourceOf);
    const search = await createSearch(indexWorker, { name, models: MODELS, reranker: 'none' });
    const { ms, result } = await timed(() => search.add(sources));
    if (result.failed.length > 0) throw new Error(`Not indexed: ${JSON.stringify(result.failed.slice(0, 3))}`);
    const { bytes } = await search.status();
    await search.close();
    return { ms, bytes };
  },
  async buildPeer(url: string, name: string): Promise<Built> {
    const { documents } = await corpusOf(url);
    const peer = peerWorker();
    const { ms, result } = await timed(() => peer.remote.build(name, documents));
    peer.close();
    return { ms, bytes: result };
  },
  /** A fresh engine worker, the corpus in IndexedDB, and the first answer, which is lexical. */
  async load(name: string, text: string): Promise<Asked & { readonly hybridMs: number }> {
    const start = performance.now();
    const search = await createSearch(engineWorker, { name, models: MODELS, reranker: 'none' });
    const run = search.search(text, { pipeline: 'hybrid', typing: false });
    let first: Asked | undefined;
    for await (const { results } of run)
      first ??= { ms: performance.now() - start, ids: results.map(({ id }) => id as string) };
    const hybridMs = performance.now() - start;
    await search.close();
    if (first === undefined) throw new Error('No answer.');
    return { ...first, hybridMs };
  },
  async loadPeer(name: string, text: string): Promise<Asked> {
    const peer = peerWorker();
    const { ms, result } = await timed(async () => {
      await peer.remote.open(name);
      return peer.remote.search(text);
    });
    peer.close();
    return { ms, ids: result };
  },
  /** Opens both for ask() and askPeer(), warm as after a first search. */
  async open(name: string): Promise<void> {
    const search = await createSearch(engineWorker, { name, models: MODELS, reranker: 'none' });
    await search.warm('semantic');
    const peer = peerWorker();
    await peer.remote.open(name);
    open = { search, peer };
  },
  async ask(texts: readonly string[], options: AskOptions): Promise<readonly Asked[]> {
    const asked: Asked[] = [];
    for (const text of texts) {
      const { ms, result } = await timed(() => opened().search.search(text, options).done);
      const failed = result.skipped[0];
      if (failed !== undefined) throw new Error(`${failed.stage} was skipped: ${failed.reason}`);
      asked.push({ ms, ids: result.results.map(({ id }) => id as string) });
    }
    return asked;
  },
  async askPeer(texts: readonly string[]): Promise<readonly Asked[]> {
    const asked: Asked[] = [];
    for (const text of texts) {
      const { ms, result } = await timed(() => opened().peer.remote.search(text));
      asked.push({ ms, ids: result });
    }
    return asked;
  },
  /** Searches of a corpus's embeddings, and of as many random vectors, in which no dimension says more than another. */
  async scan(url: string, rounds: number) {
    const worker = new Worker(new URL('./scan.worker.ts', import.meta.url), { type: 'module' });
    const { remote, close } = connect<ScanJobs>(worker, 'scan');
    const real = await remote.scanCorpus(MODELS, url, rounds);
    const random = await remote.scanRandom(real.count, 256, rounds);
    close();
    return { real, random };
  },
  async embed(url: string, count: number, peerCount: number) {
    const texts = (await corpusOf(url)).documents.flatMap(({ title, passages }) =>
      passages.map(({ heading, text }) => ({ title, heading, text })),
    );
    const worker = new Worker(new URL('./embed.worker.ts', import.meta.url), { type: 'module' });
    const { remote, close } = connect<EmbedJobs>(worker, 'embed');
    const result = await remote.embed(MODELS, texts.slice(0, count), peerCount);
    close();
    return result;
  },
  /** Milliseconds for one list of pairs, several times, and the threads it had: of ONNX Runtime, or workers with our kernel. */
  async rerank(model: string, vocabulary: string, pairs: number, tokens: number, threads: number, rounds: number) {
    const count = model.endsWith('.safetensors') ? threads : 1;
    const workers = Array.from({ length: count }, () =>
      connect<RerankJobs>(new Worker(new URL('./rerank.worker.ts', import.meta.url), { type: 'module' }), 'rerank'),
    );
    const each = { model, vocabulary, pairs: Math.ceil(pairs / count), tokens, threads };
    const had = await Promise.all(workers.map(({ remote }) => remote.open(each)));
    const ms: number[] = [];
    for (let round = 0; round < rounds; round += 1)
      ms.push((await timed(() => Promise.all(workers.map(({ remote }) => remote.round())))).ms);
    for (const { close } of workers) close();
    return { ms, threads: had.reduce((sum, each) => sum + each, 0) };
  },
};

export type BenchJobs = typeof jobs;

Object.assign(globalThis, { bench: jobs });
