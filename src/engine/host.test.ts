import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queue } from '../core/cancellation.ts';
import { type Document, documentId, passageId, type Source } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, Reranker, Store } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import { isVectorsBlob } from '../index/segment-format.ts';
import { readDocument } from '../ingest/document.ts';
import { splitPassages } from '../ingest/passages.ts';
import { memoryStore } from '../store/memory.ts';
import { createEngineHost, type Surroundings } from './host.ts';
import type { Answer, EngineHost, IndexProgress } from './types.ts';

/** An embedder whose space has one dimension a known word, and one for "anything else". */
const VOCABULARY = ['boat', 'ship', 'oar', 'lamp', 'tea'];
const SYNONYMS: Readonly<Record<string, string>> = { vessel: 'boat', paddle: 'oar' };
function embed(text: string): Float32Array {
  const vector = new Float32Array(VOCABULARY.length + 1);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const at = VOCABULARY.indexOf(SYNONYMS[word] ?? word);
    vector[at < 0 ? VOCABULARY.length : at] = (vector[at < 0 ? VOCABULARY.length : at] ?? 0) + (at < 0 ? 0.01 : 1);
  }
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}
const embedder: Embedder = {
  embedQuery: async (text) => embed(text),
  embedPassages: async (texts) => Float32Array.from(texts.flatMap((text) => [...embed(text)])),
};

/** Prefers long passages: an order nobody else gives. */
const longest: Reranker = {
  name: 'longest',
  rerank: async (_, passages) => ranking(passages.map(({ id, text }) => ({ id, score: text.length }))),
};

interface Fakes {
  reranker: Reranker;
  embedder: Embedder;
  read?: (source: Source) => Promise<Document>;
  readonly stores: Map<string, Store>;
}

function surroundings(fakes: Fakes): Surroundings {
  const turn = queue();
  return {
    localStore(name) {
      const store = fakes.stores.get(name) ?? memoryStore();
      fakes.stores.set(name, store);
      return store;
    },
    published: () => ({
      name: 'docs',
      optional: true,
      moment: () => Promise.reject(new SearchError('network', 'away')),
    }),
    semantic: async () => ({
      embedder: {
        embedQuery: (...given) => fakes.embedder.embedQuery(...given),
        embedPassages: (texts, signal) => fakes.embedder.embedPassages(texts, signal),
        embedWindows: async (texts, signal) => fakes.embedder.embedWindows?.(texts, signal),
      },
      space: { model: 'fake', revision: '1', dtype: 'f32', pooling: 'sum', prefixes: ['', ''] },
    }),
    reranking: () => ({
      reranker: () => fakes.reranker,
      load: async () => undefined,
      info: () => undefined,
      close: () => undefined,
    }),
    chunker: 'test',
    reading: async () => ({ read: (source) => (fakes.read ?? readDocument)(source), split: splitPassages }),
    lock: (_, job, signal) => turn(job, signal),
    announce: () => undefined,
    onChanged: () => () => undefined,
    persist: async () => undefined,
  };
}

const SOURCES = [
  { id: 'boats', type: 'markdown' as const, content: '# Boats\n\nA boat needs an oar.' },
  {
    id: 'lamps',
    type: 'markdown' as const,
    content: '# Lamps\n\nA lamp needs oil and a wick, trimmed every evening by hand.',
  },
  { id: 'tea', type: 'markdown' as const, content: '# Tea\n\nTea needs water.' },
];
const never = new AbortController().signal;
const quiet = () => undefined;

describe('engine host', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const open = async (published: readonly string[] = []) => {
    host = createEngineHost(surroundings(fakes));
    await host.open({ name: 'test', models: '', published, reranker: 'fake' });
  };
  const ask = async (text: string, options = {}) => {
    const answers: Answer[] = [];
    const last = await host.search(text, { typing: false, ...options }, never, (answer) => void answers.push(answer));
    // A page's run has the last as its result.
    return { last, answers: [...answers, last], ids: last.results.map(({ documentId: id }) => id) };
  };
  afterEach(() => vi.restoreAllMocks());
  beforeEach(async () => {
    fakes = { reranker: longest, embedder, stores: new Map() };
    await open();
  });

  it('indexes, answers tier by tier, and explains', async () => {
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 3, unchanged: 0, failed: [] });
    const { answers, last } = await ask('oar needs', { explain: true, blend: 1 });
    const stages = answers.map(({ stage }) => stage);
    expect(stages.at(-1)).toBe('reranked');
    expect(
      [...stages].sort((a, b) => ['bm25', 'hybrid', 'reranked'].indexOf(a) - ['bm25', 'hybrid', 'reranked'].indexOf(b)),
    ).toEqual(stages);
    expect(answers.filter(({ complete }) => complete)).toEqual([last]);
    expect(last.results[0]?.documentId).toBe('lamps');
    const boats = last.results.find(({ documentId: id }) => id === 'boats');
    expect(boats?.explain).toMatchObject({ bm25: { rank: 1 }, dense: { rank: 1 }, hybrid: { rank: 1 } });
    expect(boats?.excerpt.highlights.length).toBeGreaterThan(0);
    expect((await host.status()).timings.reranked?.count).toBe(1);
  });

  it('blends by the share that suits the model, where a search names none', async () => {
    await host.add(SOURCES, never, quiet);
    const first = (await ask('oar needs', { blend: 1 })).ids[0];
    expect((await ask('oar needs', { blend: 0 })).ids[0]).not.toBe(first);
    fakes = { ...fakes, reranker: { ...longest, blend: 1 } };
    await open();
    expect((await ask('oar needs')).ids[0]).toBe(first);
    expect((await ask('oar needs', { blend: 0 })).ids[0]).not.toBe(first);
  });

  it('weighs fields as told, and refuses weights that say nothing', async () => {
    const sources = [
      { id: 'name', type: 'markdown' as const, content: '# Rope\n\nIt holds the mast in place on a windy day at sea.' },
      { id: 'text', type: 'markdown' as const, content: '# Mast\n\nA rope, and one more rope, is a rope too many.' },
    ];
    await host.add(sources, never, quiet);
    const lexical = (fields: object) => ask('rope', { pipeline: 'lexical', fields });
    expect((await lexical({ title: 10 })).ids).toEqual(['name', 'text']);
    expect((await lexical({ title: 0, heading: 0 })).ids[0]).toBe('text');
    await expect(lexical({ body: -1 })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(lexical({ title: 0, heading: 0, body: 0 })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('searches a second time, told by what it found, unless it is not to', async () => {
    await host.add(SOURCES, never, quiet);
    const stages = async (options: object) => {
      const { last } = await ask('oar needs', { pipeline: 'hybrid', explain: true, ...options });
      return Object.keys(last.results[0]?.explain ?? {});
    };
    expect(await stages({})).toContain('feedback');
    expect(await stages({ feedback: 0 })).not.toContain('feedback');
    expect((await host.status()).timings.feedback?.count).toBe(1);
    for (const feedback of [-1, 0.5, Number.NaN])
      await expect(ask('oar', { feedback })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('embeds a question with the weights of its words, unless all are to count alike', async () => {
    await host.add(SOURCES, never, quiet);
    const seen: unknown[] = [];
    const listening: Embedder = {
      ...embedder,
      async embedQuery(text, _signal, weights) {
        seen.push([...((await weights?.())?.keys() ?? [])]);
        return embed(text);
      },
    };
    fakes.embedder = listening;
    await ask('what an oar needs', { pipeline: 'hybrid' });
    await ask('what an oar needs', { pipeline: 'hybrid', rarity: 0 });
    expect(seen).toEqual([['oar', 'needs'], []]);
    await expect(ask('oar', { rarity: -1 })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('reads the best by meaning in windows, once a search, and not beside a published index', async () => {
    await host.add(SOURCES, never, quiet);
    const read: string[] = [];
    fakes.embedder = {
      ...embedder,
      async embedWindows(texts) {
        read.push(...texts.map(({ text }) => text));
        return texts.map(({ text }) => embed(text));
      },
    };
    const passages = (await ask('vessel', { pipeline: 'dense' })).ids.length;
    expect(read).toHaveLength(passages);
    await ask('oar needs', { pipeline: 'hybrid' });
    expect(read).toHaveLength(2 * passages);
    await ask('oar needs', { pipeline: 'hybrid', windows: 0 });
    await open(['/docs/']);
    await ask('oar needs', { pipeline: 'hybrid' });
    expect(read).toHaveLength(2 * passages);
    await expect(ask('oar', { windows: 1.5 })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('finds by meaning what no word matches', async () => {
    await host.add(SOURCES, never, quiet);
    expect((await ask('vessel', { pipeline: 'lexical' })).ids).toEqual([]);
    expect((await ask('vessel', { pipeline: 'hybrid' })).ids[0]).toBe('boats');
    expect((await ask('vessel -oar', { pipeline: 'hybrid' })).ids).not.toContain('boats');
  });

  it('passes over what has not changed and replaces what has', async () => {
    await host.add(SOURCES, never, quiet);
    const changed = SOURCES.map((source) =>
      source.id === 'tea' ? { ...source, content: '# Tea\n\nTea needs a samovar.' } : source,
    );
    expect(await host.add(changed, never, quiet)).toMatchObject({ added: 1, unchanged: 2 });
    expect((await ask('samovar', { pipeline: 'lexical' })).ids).toEqual(['tea']);
    expect(await host.remove(['tea', 'nobody'])).toBe(1);
    expect((await host.documents()).map(({ id }) => id)).toEqual(['boats', 'lamps']);
  });

  it('names a document that cannot be read and indexes the rest', async () => {
    const broken = { id: 'broken', type: 'pdf' as const, content: new Uint8Array([1, 2, 3]) };
    const report = await host.add([broken, ...SOURCES], never, quiet);
    expect(report).toMatchObject({ added: 3, failed: [{ id: 'broken', code: 'bad-input' }] });
    expect((await host.status()).pending).toBe(0);
    await expect(host.add([{ id: 'a#b', type: 'text', content: '' }], never, quiet)).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('a failed reranker leaves the hybrid order, and the next question tries again', async () => {
    await host.add(SOURCES, never, quiet);
    fakes.reranker = { name: 'broken', rerank: () => Promise.reject(new SearchError('worker-lost', 'killed')) };
    const { last } = await ask('oar needs');
    expect(last).toMatchObject({
      stage: 'hybrid',
      complete: true,
      skipped: [{ stage: 'reranked', code: 'worker-lost', reason: 'killed' }],
    });
    expect(last.results[0]?.documentId).toBe('boats');
    fakes.reranker = longest;
    expect((await ask('oar needs')).last).toMatchObject({ stage: 'reranked', skipped: [] });
  });

  it('a failed embedder leaves the words', async () => {
    await host.add(SOURCES, never, quiet);
    fakes.embedder = { ...embedder, embedQuery: () => Promise.reject(new SearchError('corrupt', 'rows')) };
    const { last } = await ask('oar');
    expect(last).toMatchObject({ stage: 'bm25', complete: true });
    expect(last.skipped.map(({ stage }) => stage)).toEqual(['reranked', 'hybrid']);
    expect(last.results[0]?.documentId).toBe('boats');
  });

  it('a published index out of reach is named and takes nothing down', async () => {
    await open(['https://example.org/index/']);
    await host.add(SOURCES, never, quiet);
    const { last, ids } = await ask('oar', { pipeline: 'lexical' });
    expect(ids).toEqual(['boats']);
    expect(last.skipped).toEqual([{ stage: 'docs', code: 'network', reason: 'away' }]);
  });

  it('a stopped run keeps whole batches and goes on where it was', async () => {
    const stop = new AbortController();
    const first = (progress: IndexProgress) => void (progress.documents === 2 && stop.abort());
    await expect(host.add(SOURCES, stop.signal, first)).rejects.toMatchObject({ code: 'aborted' });
    await open();
    expect((await host.status()).pending).toBe(3);
    expect(await host.add([], never, quiet)).toMatchObject({ added: 3 });
    expect((await host.status()).pending).toBe(0);
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('leaves out a document over which the page has ended again and again, and keeps the others', async () => {
    // A tab that dies runs nothing any more: the reading never comes back.
    fakes.read = (source) => (source.id === 'lamps' ? new Promise(() => undefined) : readDocument(source));
    for (let death = 0; death < 6; death++) {
      const indexing = host.add(death === 0 ? SOURCES : [], never, quiet);
      await Promise.race([indexing, new Promise((resolve) => setTimeout(resolve, 30))]);
      await open();
    }
    const report = await host.add([], never, quiet);
    expect(report.failed).toEqual([
      { id: 'lamps', code: 'internal', reason: expect.stringMatching(/ended 5 times .* left out/) },
    ]);
    expect(report.added).toBe(2);
    expect((await host.status()).pending).toBe(0);
    fakes.read = readDocument;
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 1, unchanged: 2, failed: [] });
  });

  it('takes documents without text, alone and among others', async () => {
    const blank = { id: 'blank', type: 'text' as const, content: '' };
    expect(await host.add([blank], never, quiet)).toMatchObject({ added: 1, passages: 0, failed: [] });
    expect(await host.add([{ ...blank, id: 'white', content: ' \n' }, ...SOURCES], never, quiet)).toMatchObject({
      added: 4,
      failed: [],
    });
    expect((await host.status()).pending).toBe(0);
    expect((await ask('oar', { pipeline: 'hybrid' })).ids[0]).toBe('boats');
  });

  it('keeps the version given last, where one run meets several, and none that was removed', async () => {
    const [boats] = SOURCES;
    if (boats === undefined) throw new Error('no boats');
    await host.add([boats], never, quiet);
    const changed = { ...boats, content: '# Boats\n\nA boat needs a zeppelin.' };
    await host.add([changed, boats], never, quiet);
    expect((await ask('zeppelin', { pipeline: 'lexical' })).ids).toEqual([]);
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);

    const stopped = new AbortController();
    fakes.read = async (source) => {
      stopped.abort();
      return readDocument(source);
    };
    await expect(host.add(SOURCES.slice(1), stopped.signal, quiet)).rejects.toMatchObject({ code: 'aborted' });
    expect((await host.status()).pending).toBe(2);
    await host.remove(['tea']);
    fakes.read = readDocument;
    await host.add([], never, quiet);
    expect((await host.documents()).map(({ id }) => id).sort()).toEqual(['boats', 'lamps']);
  });

  it('removes what was given before the call, not what is given while it waits for its turn', async () => {
    const [, , tea] = SOURCES;
    if (tea === undefined) throw new Error('no tea');
    await host.add([tea], never, quiet);
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    fakes.read = async (source) => {
      if (source.id === 'boats') await late;
      return readDocument(source);
    };
    const adding = host.add(SOURCES.slice(0, 2), never, quiet);
    const removing = host.remove(['tea']);
    const again = host.add([{ ...tea, content: '# Tea\n\nTea needs a samovar.' }], never, quiet);
    await new Promise((resolve) => setTimeout(resolve, 10));
    go();
    expect(await adding).toMatchObject({ added: 2 });
    expect(await removing).toBe(1);
    expect(await again).toMatchObject({ added: 1 });
    expect((await ask('samovar', { pipeline: 'lexical' })).ids).toEqual(['tea']);
  });

  it('keeps the version given last, where two calls come within a millisecond', async () => {
    const [boats, lamps] = SOURCES;
    if (boats === undefined || lamps === undefined) throw new Error('no boats');
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    const changed = { ...boats, content: '# Boats\n\nA boat needs a zeppelin.' };
    await Promise.all([host.add([lamps, boats], never, quiet), host.add([changed], never, quiet)]);
    expect((await ask('zeppelin', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('reports to each of several calls at once what became of its own documents', async () => {
    const broken = { id: 'broken', type: 'pdf' as const, content: new Uint8Array([1, 2, 3]) };
    const reports = await Promise.all(
      [SOURCES[0], broken, SOURCES[1]].map((each) => host.add(each ? [each] : [], never, quiet)),
    );
    expect(reports).toMatchObject([
      { added: 1, failed: [] },
      { added: 0, failed: [{ id: 'broken' }] },
      { added: 1, failed: [] },
    ]);
  });

  it('ends only the call that is cancelled, and leaves its documents to the next', async () => {
    const stop = new AbortController();
    fakes.read = async (source) => {
      if (source.id === 'boats') stop.abort();
      return readDocument(source);
    };
    const [first, second] = [SOURCES.slice(0, 2), SOURCES.slice(2)];
    const reports = await Promise.allSettled([host.add(first, stop.signal, quiet), host.add(second, never, quiet)]);
    expect(reports).toMatchObject([{ reason: { code: 'aborted' } }, { value: { added: 3, failed: [] } }]);
    expect((await host.status()).pending).toBe(0);
  });

  it('going on with what was left undone, takes nothing of a call that comes after', async () => {
    const reports = await Promise.all([host.add([], never, quiet), host.add(SOURCES, never, quiet)]);
    expect(reports).toMatchObject([{ added: 0 }, { added: 3 }]);
  });

  it('takes what an earlier visit left undone along with new documents', async () => {
    const stop = new AbortController();
    await expect(host.add(SOURCES.slice(0, 2), stop.signal, () => stop.abort())).rejects.toThrow();
    await open();
    expect((await host.status()).pending).toBe(2);
    expect(await host.add(SOURCES.slice(2), never, quiet)).toMatchObject({ added: 3 });
    expect((await host.status()).pending).toBe(0);
  });

  it('has added documents that no room is left to merge with others', async () => {
    const store = memoryStore();
    let refused = 0;
    fakes.stores.set('test', {
      ...store,
      async write(changes) {
        const names = [...(changes.put?.keys() ?? [])];
        // A merge writes its blobs apart from the manifest.
        if (names.some((name) => name.startsWith('segments/')) && !names.includes('manifest')) {
          refused += 1;
          throw new SearchError('quota', 'full');
        }
        await store.write(changes);
      },
    });
    await open();
    for (let at = 0; at < 10; at += 1)
      expect(await host.add([{ id: `${at}`, type: 'text', content: `oar ${at}` }], never, quiet)).toMatchObject({
        added: 1,
      });
    expect(refused).toBeGreaterThan(0);
    expect((await host.documents()).length).toBe(10);
  });

  it('searches again where what it read was written anew meanwhile, instead of leaving the meaning out', async () => {
    const store = memoryStore();
    let rewrite: (() => Promise<unknown>) | undefined;
    fakes.stores.set('test', {
      ...store,
      async read(name, range, signal) {
        const now = isVectorsBlob(name) ? rewrite : undefined;
        if (now !== undefined) rewrite = undefined;
        await now?.();
        return store.read(name, range, signal);
      },
    });
    await open();
    await host.add(SOURCES, never, quiet);
    rewrite = async () => {
      for (const end of ['again', 'and again'])
        await host.add(
          SOURCES.map((each) => ({ ...each, content: `${each.content} ${end}` })),
          never,
          quiet,
        );
    };
    const { last, answers } = await ask('oar', { pipeline: 'hybrid' });
    expect(rewrite).toBeUndefined();
    expect(last).toMatchObject({ stage: 'hybrid', skipped: [] });
    expect(answers.filter(({ complete }) => complete)).toEqual([last]);
  });

  it('finds what another tab has renewed while this one started, and erases nothing of it', async () => {
    await host.add(SOURCES, never, quiet);
    for (const renew of [true, false]) {
      const chunker = `newer ${renew}`;
      const newer = { ...surroundings(fakes), chunker };
      let go: () => void = () => undefined;
      const late = new Promise<void>((resolve) => (go = resolve));
      const starting = createEngineHost({
        ...newer,
        semantic: async (...given) => late.then(() => newer.semantic(...given)),
      });
      const opening = starting.open({ name: 'test', models: '', renew });
      const first = createEngineHost(newer);
      await first.open({ name: 'test', models: '', renew: true });
      await first.add(SOURCES.slice(0, 2), never, quiet);
      go();
      await opening;
      expect((await starting.documents()).map(({ id }) => id)).toEqual(['boats', 'lamps']);
      expect((await first.documents()).length).toBe(2);
    }
  });

  it('opens where the browser refuses storage, and says so', async () => {
    const refuse = () => Promise.reject(new SearchError('unsupported', 'no storage here'));
    fakes.stores.set('test', { read: refuse, write: refuse, list: refuse, close: async () => undefined });
    for (const renew of [false, true]) {
      host = createEngineHost(surroundings(fakes));
      await host.open({ name: 'test', models: '', renew });
      const { last } = await ask('oar');
      expect(last.skipped).toEqual([{ stage: 'test', code: 'unsupported', reason: 'no storage here' }]);
      await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'unsupported' });
    }
  });

  it('goes on beside a corpus of another version, loses nothing of it, and removes it when told to', async () => {
    await host.add(SOURCES, never, quiet);
    const reopened = async (options: object) => {
      const newer = { ...surroundings(fakes), chunker: 'newer' };
      host = createEngineHost(newer);
      await host.open({ name: 'test', models: '', ...options });
    };
    await reopened({});
    const { last } = await ask('oar');
    expect(last.results).toEqual([]);
    expect(last.skipped).toEqual([{ stage: 'test', code: 'mismatch', reason: expect.stringContaining('renew: true') }]);
    await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'mismatch' });
    expect(await host.documents()).toEqual([]);
    await open();
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);

    await reopened({ renew: true });
    expect((await host.status()).documents).toBe(0);
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 3 });
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('gives as many results as are asked for', async () => {
    const many = Array.from({ length: 130 }, (_, at) => ({
      ...SOURCES[0],
      id: `boat-${at}`,
      type: 'text' as const,
      content: `Boat ${at} needs an oar.`,
    }));
    await host.add(many, never, quiet);
    expect((await ask('oar', { pipeline: 'lexical', limit: 120 })).ids).toHaveLength(120);
    expect((await ask('oar', { pipeline: 'hybrid', limit: 120 })).ids).toHaveLength(120);
  });

  it('a cancelled question does not reach the reranker', async () => {
    await host.add(SOURCES, never, quiet);
    const stop = new AbortController();
    let reranked = 0;
    fakes.reranker = {
      name: 'counting',
      async rerank() {
        reranked += 1;
        return ranking([{ id: passageId(documentId('boats'), 0), score: 1 }]);
      },
    };
    stop.abort();
    await expect(host.search('oar', {}, stop.signal, quiet)).rejects.toMatchObject({ code: 'aborted' });
    expect(reranked).toBe(0);
  });
});
