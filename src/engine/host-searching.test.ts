import { beforeEach, describe, expect, it, vi } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import { isVectorsBlob } from '../index/segment-format.ts';
import { memoryStore } from '../store/memory.ts';
import {
  asked,
  embed,
  embedder,
  type Fakes,
  freshFakes,
  longest,
  never,
  openHost,
  quiet,
  SOURCES,
  surroundings,
} from './fixtures/engine.ts';
import { createEngineHost } from './host.ts';
import type { EngineHost } from './types.ts';

describe('engine host: searching', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const open = async (published: readonly string[] = []) => {
    host = await openHost(fakes, published);
  };
  const ask = (text: string, options = {}) => asked(host, text, options);
  beforeEach(async () => {
    fakes = freshFakes();
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

  it.each(['lexical', 'dense', 'hybrid', 'reranked'] as const)(
    'reads phrases as words beside others where nothing holds them (%s)',
    async (pipeline) => {
      await host.add(SOURCES, never, quiet);
      const read = async (text: string) => {
        const { answers, last, ids } = await ask(text, { pipeline });
        for (const { results } of answers) expect(results.length > 0, text).toBe(ids.length > 0);
        return { ids, marked: last.results[0]?.excerpt.highlights.length };
      };
      const asWords = await read('oar needs a boat');
      expect((await read('oar "needs a boat"')).ids).toEqual(asWords.ids);
      expect(await read('oar "boat needs a"')).toEqual(asWords);
      expect((await read('lamp "needs an oar"')).ids).toEqual(['boats']);
      for (const strict of ['"needs a boat"', 'title:lamps "needs a boat"'])
        expect((await read(strict)).ids).toEqual([]);
      expect((await read('oar "needs a boat" -oar')).ids).not.toContain('boats');
      expect((await read('oar "needs a boat" title:lamps')).ids).toEqual(['lamps']);
    },
  );

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

  it('a damaged published index is named, and never taken for the own corpus', async () => {
    const spoilt = () => Promise.reject(new SearchError('corrupt', 'bytes'));
    const moment = async () => ({
      documents: 1,
      size: 1,
      terms: memoryTermSource([{ fields: [['oar'], [], ['oar']] }]),
      numbers: { idsOf: spoilt },
      passages: { passages: spoilt },
      vectors: undefined,
    });
    host = createEngineHost({ ...surroundings(fakes), published: () => ({ name: 'docs', optional: true, moment }) });
    await host.open({ name: 'test', models: '', published: ['docs'] });
    await host.add(SOURCES, never, quiet);
    for (const pipeline of ['lexical', 'hybrid', 'lexical'] as const) {
      const { last, ids } = await ask('oar', { pipeline });
      expect(ids[0]).toBe('boats');
      expect(last.skipped).toEqual([{ stage: 'docs', code: 'corrupt', reason: 'bytes' }]);
    }
  });

  it('a damaged model is not taken for damage of the own corpus either', async () => {
    await open(['https://example.org/index/']);
    await host.add(SOURCES, never, quiet);
    fakes.embedder = { ...embedder, embedQuery: () => Promise.reject(new SearchError('corrupt', 'rows')) };
    await expect(ask('oar', { pipeline: 'dense' })).rejects.toMatchObject({ code: 'corrupt' });
    const { last, ids } = await ask('oar', { pipeline: 'lexical' });
    expect(ids).toEqual(['boats']);
    expect(last.skipped.map(({ stage }) => stage)).toEqual(['docs']);
  });

  it('finds a message that has a number with a dash, and a phrase far down among passages with its words', async () => {
    const text = (id: string, content: string) => ({ id, type: 'text' as const, content });
    await host.add(
      [text('wanted', 'npm ERR! errno -4058: no such file.'), text('other', 'Other errno values of npm.')],
      never,
      quiet,
    );
    expect((await ask('npm errno -4058', { pipeline: 'lexical' })).ids[0]).toBe('wanted');
    const others = Array.from({ length: 600 }, (_, at) =>
      text(`o${at}`, `Order of the customer, ${at}. The order by the customer.`),
    );
    const filler = 'Other things happened on a long day at sea with many boats. '.repeat(10);
    await host.add([...others, text('phrase', `${filler} Customer order. ${filler}`)], never, quiet);
    expect((await ask('"customer order"', { pipeline: 'lexical' })).ids).toEqual(['phrase']);
    expect((await ask('"order customer"', { pipeline: 'lexical' })).ids).toEqual([]);
  });

  it('says how much there is without waiting for ever, or for one published index after another', async () => {
    vi.useFakeTimers();
    try {
      const silent = { name: 'docs', optional: true, moment: () => new Promise<never>(() => undefined) };
      host = createEngineHost({ ...surroundings(fakes), published: () => silent });
      await host.open({ name: 'test', models: '', published: ['a', 'b', 'c'] });
      await host.add(SOURCES, never, quiet);
      let told: number | undefined;
      host.status().then(({ documents }) => {
        told = documents;
      });
      await vi.advanceTimersByTimeAsync(6000);
      expect(told).toBe(3);
    } finally {
      vi.useRealTimers();
    }
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
