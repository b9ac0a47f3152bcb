import { beforeEach, describe, expect, it } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
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
} from './fixtures/engine.ts';
import type { EngineHost, SearchOptions } from './types.ts';

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

  it('shows the page of the name first, which has the words less often than another', async () => {
    const text = 'oar needs oar needs oar needs';
    const named = {
      id: 'named',
      type: 'markdown',
      content: '# Oar needs\n\nWhat a boat is moved by, and much else of it.',
    } as const;
    await host.add([named, { id: 'other', type: 'markdown', content: `# More oar needs\n\n${text}` }], never, quiet);
    const options = { pipeline: 'lexical', explain: true } as const;
    const { last, ids } = await ask('oar needs', options);
    expect(ids).toEqual(['named', 'other']);
    expect(last.results.map(({ explain }) => explain?.bm25?.rank)).toEqual([1, 2]);
    const [first = 0, second = 0] = last.results.map(({ score }) => score);
    expect(first).toBeGreaterThan(second);
  });

  it('finds what is named as the question is where its words stand everywhere, or are stop words', async () => {
    const busy = Array.from(
      { length: 200 },
      (_, at) => `## Sailing ${at}\n\nSailing, sailing with sailing with a sail.`,
    );
    const sections = [
      '## sailing(*boats, crew=None)',
      'One of many functions of the yard.',
      '## 8.5. The with clause',
      'Crews.',
    ];
    const content = ['# Sailing boats', ...busy, ...sections, '## Notes', 'On notes.'].join('\n\n');
    const named = { id: 'named', type: 'markdown', content: '# yards\n\nNothing that is said of them.' } as const;
    const command = { id: 'command', type: 'markdown', content: '# A command of yards\n\nYards: a command.' } as const;
    await host.add([{ id: 'yard', type: 'markdown', content }, named, command], never, quiet);
    const firstOf = async (question: string, options: SearchOptions) => (await ask(question, options)).last.results[0];
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      expect((await firstOf('sailing()', { pipeline }))?.heading.at(-1)).toBe('sailing(*boats, crew=None)');
      expect((await firstOf('with clause', { pipeline }))?.heading.at(-1)).toBe('8.5. The with clause');
      expect((await firstOf('yards command', { pipeline }))?.title).toBe('yards');
      expect((await firstOf('sailing -crew', { pipeline }))?.heading.at(-1)).toMatch(/^Sailing \d/);
    }
    expect((await firstOf('sailing', { pipeline: 'lexical', fields: { heading: 0 } }))?.heading.at(-1)).toMatch(
      /^Sailing/,
    );
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

  it('leaves headings out of an excerpt, and no word or sentence that begins as they do', async () => {
    const many = 'A sentence of some eight words on storage. '.repeat(21);
    const content = `# Guide\n\n## Cache\n\nSums stay. ${many}\n\nCached responses are kept. ${many}\n\n## Notes\n\nNote this.`;
    await host.add([{ id: 'guide', type: 'markdown', content }], never, quiet);
    for (const [question, beginning] of [
      ['sums', /^Sums stay/],
      ['responses', /^Cached responses/],
      ['note', /^Note this/],
    ] as const) {
      const { last } = await ask(question, { pipeline: 'lexical', excerptLength: 4000 });
      expect(last.results[0]?.excerpt.text).toMatch(beginning);
    }
    await host.add([{ id: 'bare', type: 'markdown', content: '# Bare\n\n## Hull' }], never, quiet);
    expect((await ask('hull', { pipeline: 'lexical' })).last.results[0]?.excerpt.text).toBe('Hull');
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

  it('answers nothing to signs alone', async () => {
    await host.add(SOURCES, never, quiet);
    for (const text of ['<=>', '->>', '//', ''])
      for (const pipeline of ['lexical', 'dense', 'hybrid', 'reranked'] as const)
        expect((await ask(text, { pipeline })).ids, `${text} ${pipeline}`).toEqual([]);
  });

  it('puts what holds the identifier that is asked for above what its words are like', async () => {
    const named = [
      { id: 'lines', type: 'text' as const, content: 'Take --no-oar for a ship that has sails and a mast and a keel.' },
      { id: 'oars', type: 'text' as const, content: 'No oar: an oar, no oar and an oar.' },
      { id: 'paddles', type: 'text' as const, content: 'No paddle, no oar.' },
    ];
    await host.add(named, never, quiet);
    for (const pipeline of ['hybrid', 'reranked'] as const) {
      const { answers } = await ask('--no-oar', { pipeline, blend: 0.5, fusion: { method: 'rrf', weights: [0, 1] } });
      const fused = answers.filter(({ stage }) => stage !== 'bm25');
      expect(fused.map(({ results }) => results[0]?.documentId)).toEqual(fused.map(() => 'lines'));
      const scores = fused.at(-1)?.results.map(({ score }) => score) ?? [];
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
    const asked = await ask('no oar', { pipeline: 'hybrid', fusion: { method: 'rrf', weights: [0, 1] } });
    expect(asked.ids[0]).not.toBe('lines');
  });

  it('marks a word that was found by its typo', async () => {
    await host.add(SOURCES, never, quiet);
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      const [first] = (await ask('watre', { pipeline })).last.results;
      const { text, highlights } = first?.excerpt ?? { text: '', highlights: [] };
      expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['water']);
    }
  });

  it('marks all that a word typed past its stem finds', async () => {
    const content = '# Masts\n\nA mast is configured once.';
    await host.add([...SOURCES, { id: 'masts', type: 'markdown', content }], never, quiet);
    const [first] = (await ask('mast configura', { pipeline: 'lexical', typing: true })).last.results;
    const { text, highlights } = first?.excerpt ?? { text: '', highlights: [] };
    expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['mast', 'configured']);
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
