import { describe, expect, it } from 'vitest';
import { buildPublishedIndex } from '../index/published/builder.ts';
import { OPTIONS, PAGES } from '../index/published/fixtures/pages.ts';
import { memoryStore } from '../store/memory.ts';
import { asked, freshFakes, never, openHost, quiet, SOURCES, surroundings } from './fixtures/engine.ts';
import { createEngineHost } from './host.ts';
import { createSearcher } from './searcher.ts';
import { publishedFingerprint, staticIndex } from './static-index.ts';
import type { OpenOptions, SearchOptions, Tier } from './types.ts';

const refusal = (...parts: readonly string[]) => ({
  code: 'bad-input',
  message: expect.stringMatching(new RegExp(parts.map((part) => part.replace(/[[\]{}.]/g, '\\$&')).join('.*'))),
});

describe('options of a search', () => {
  it('leaves those to their defaults that are null, as callers without types have them', async () => {
    const host = await openHost(freshFakes());
    await host.add(SOURCES, never, quiet);
    const whole = await asked(host, 'boat');
    for (const name of ['pipeline', 'limit', 'fusion', 'fields', 'filters', 'blend', 'typing', 'excerptLength']) {
      const { last } = await asked(host, 'boat', { [name]: null } as unknown as SearchOptions);
      expect(last).toMatchObject({ stage: whole.last.stage, results: whole.last.results, skipped: [] });
    }
    for (const name of ['published', 'reranker', 'language', 'renew']) {
      const other = createEngineHost(surroundings(freshFakes()));
      await other.open({ name: 'test', models: '', [name]: null } as unknown as OpenOptions);
      await other.add(SOURCES, never, quiet);
      expect((await asked(other, 'boat')).last).toMatchObject({ stage: 'hybrid', skipped: [] });
    }
  });

  it.each<[string, unknown, ...string[]]>([
    ['pipeline', 'foo', 'lexical, dense, hybrid or reranked', '"foo"'],
    ['limit', -1, 'whole number of 0 or more', '-1'],
    ['limit', Number.NaN, 'whole number', 'NaN'],
    ['limit', '3', 'whole number', '"3"'],
    ['depth', 0, 'whole number of 1 or more', '0'],
    ['candidates', 0, 'whole number of 1 or more', '0'],
    ['candidates', -3, 'whole number', '-3'],
    ['candidates', 'x', 'whole number', '"x"'],
    ['fusion', { method: 'foo' }, 'method', 'rrf or min-max', '"foo"'],
    ['fusion', 'rrf', 'an object', '"rrf"'],
    ['fusion', { method: 'rrf', weights: [1] }, 'weights', 'two numbers', '[1]'],
    ['fields', { foo: 1 }, 'title, heading or body', '"foo"'],
    ['fields', { title: Number.NaN }, 'title takes a number of 0 or more', 'NaN'],
    ['feedback', 1.5, 'whole number of 0 or more', '1.5'],
    ['windows', -1, 'whole number of 0 or more', '-1'],
    ['rarity', '0.5', 'from 0 to 1', '"0.5"'],
    ['blend', 7, 'from 0 to 1', '7'],
    ['budgetMs', -5, 'a number of 0 or more', '-5'],
    ['excerptLength', Number.NaN, 'whole number', 'NaN'],
    ['typing', 'no', 'true or false', '"no"'],
  ])('refuses %s: %o', async (name, value, ...said) => {
    const host = await openHost(freshFakes());
    await host.add(SOURCES, never, quiet);
    await expect(asked(host, 'oar', { [name]: value } as SearchOptions)).rejects.toMatchObject(refusal(name, ...said));
  });

  it('takes all that makes sense, and nothing for what is not given', async () => {
    const host = await openHost(freshFakes());
    await host.add(SOURCES, never, quiet);
    const all: SearchOptions = {
      ...{ pipeline: 'reranked', limit: 0, depth: 1, candidates: 1, feedback: 0, windows: 0, blend: 0, rarity: 1 },
      ...{ budgetMs: 0, typing: true, explain: true, excerptLength: 0, fields: { title: 0 } },
      fusion: { method: 'rrf', weights: [0, 2], rankConstant: 10 },
    };
    await expect(asked(host, 'oar', all)).resolves.toBeDefined();
    await expect(
      asked(host, 'oar', { limit: undefined, blend: null } as unknown as SearchOptions),
    ).resolves.toBeDefined();
  });

  it('refuses a question that is no text, and a tier that is none', async () => {
    const host = await openHost(freshFakes());
    for (const text of [null, undefined, 5])
      await expect(asked(host, text as unknown as string)).rejects.toMatchObject(refusal('search', 'a string'));
    await expect(host.warm('foo' as Tier)).rejects.toMatchObject(refusal('warm', 'semantic', '"foo"'));
  });

  it('fuses as without windows where none can be read', async () => {
    const space = { model: 'test', revision: 'first', dtype: 'int8', pooling: 'sum', prefixes: ['', ''] };
    const store = memoryStore();
    await store.write({
      put: await buildPublishedIndex(PAGES, { ...OPTIONS, fingerprint: publishedFingerprint(space) }),
    });
    const refuse = () => Promise.reject(new Error('not asked'));
    const searcher = createSearcher({
      corpora: [staticIndex('site', store)],
      embedder: { embedQuery: refuse, embedPassages: refuse },
      reranker: () => ({ name: 'none', rerank: refuse }),
    });
    const scores = async (windows: number) =>
      (await searcher.search('kitten on the roof', { windows, typing: false })).results.map(({ score }) => score);
    expect(await scores(5)).toEqual(await scores(0));
  });
});

describe('options of an engine', () => {
  it.each<[object, ...string[]]>([
    [{ published: '/x/' }, 'published', 'a list', '"/x/"'],
    [{ published: [5] }, 'published', 'a list'],
    [{ models: undefined }, 'models', 'a string', 'undefined'],
    [{ name: 7 }, 'name', 'a string', '7'],
    [{ backend: 'cuda' }, 'backend', 'wasm or webgpu', '"cuda"'],
    [{ language: 5 }, 'language', 'a string', '5'],
  ])('refuses %o', async (wrong, ...said) => {
    const host = createEngineHost(surroundings(freshFakes()));
    const options = { name: 'test', models: '', ...wrong } as unknown as OpenOptions;
    await expect(host.open(options)).rejects.toMatchObject(refusal(...said));
  });
});
