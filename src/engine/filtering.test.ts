import { describe, expect, it } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import type { GivenFilters } from '../core/filters.ts';
import { buildPublishedIndex, type PublishedDocument, type PublishOptions } from '../index/published/builder.ts';
import { embed, OPTIONS, PAGES, SMALL, words } from '../index/published/fixtures/pages.ts';
import { openPublishedIndex } from '../index/published/published-index.ts';
import { memoryStore } from '../store/memory.ts';
import { asked, freshFakes, never, openHost, quiet } from './fixtures/engine.ts';
import type { CorpusMoment } from './moments.ts';
import { createSearcher } from './searcher.ts';
import type { SearchOptions } from './types.ts';

const unused = () => Promise.reject(new Error('unused'));

/** Every third page is of the guide, every fifth of version 2. */
const filtersAt = (at: number): GivenFilters => ({
  section: at % 3 === 0 ? ['Guide'] : ['API', 'Reference'],
  ...(at % 5 === 0 ? { version: ['2.0'] } : {}),
});
const filtered = (pages: readonly PublishedDocument[]): readonly PublishedDocument[] =>
  pages.map((page, at) => ({
    ...page,
    document: { ...page.document, filters: filtersAt(at) } as typeof page.document,
  }));

async function momentOf(pages: readonly PublishedDocument[], options: PublishOptions): Promise<CorpusMoment> {
  const store = memoryStore();
  await store.write({ put: await buildPublishedIndex(pages, options) });
  const index = await openPublishedIndex(store, { words });
  const { terms, vectors, facts } = index;
  return { terms, numbers: index, passages: index, vectors, size: facts.passages, documents: facts.documents };
}

async function searching(...moments: readonly CorpusMoment[]) {
  const embedder = { embedQuery: async (text: string) => embed(text), embedPassages: unused };
  const searcher = createSearcher({
    corpora: moments.map((moment, at) => ({ name: `corpus ${at}`, optional: true, moment: async () => moment })),
    embedder,
    reranker: () => ({ name: 'none', rerank: unused }),
  });
  /** Passages by their documents, for an index's own ids are numbers; with their scores. */
  const scored = async (text: string, options: SearchOptions = {}) => {
    const found = await searcher.rank(text, { depth: 200, typing: false, pipeline: 'hybrid', ...options });
    const ids = found.map(({ id }) => id);
    const texts = (await Promise.all(moments.map(({ passages }) => passages.passages(ids)))).flat();
    const names = new Map(texts.map(({ id, url, anchor }) => [id, `${url}#${anchor}`]));
    return found.map(({ id, score }) => ({ name: names.get(id) ?? '', score }));
  };
  const rank = async (...asked: Parameters<typeof scored>) => (await scored(...asked)).map(({ name }) => name);
  return { searcher, scored, rank };
}

const pageOf = (id: string) => Number(/page-(\d+)/.exec(id)?.[1]);

describe.each([
  ['an index whose common words have lists', OPTIONS],
  ['an index whose common words have outlines', SMALL],
])('filters of %s', (_, options) => {
  it('leave the passages of other pages out, of words and of vectors', async () => {
    const { rank } = await searching(await momentOf(filtered(PAGES), options));
    for (const pipeline of ['lexical', 'dense', 'hybrid'] as const)
      for (const question of ['the cat and the dog', 'word9', 'kitten of number 15', '"the dog and"', 'dog -cat']) {
        const all = await rank(question, { pipeline });
        const guide = await rank(question, { pipeline, filters: { section: 'Guide' } });
        expect(guide.every((id) => pageOf(id) % 3 === 0)).toBe(true);
        // Words find all that the whole list has of it; vectors look at as many clusters as before.
        const own = all.filter((id) => pageOf(id) % 3 === 0);
        expect(guide).toEqual(expect.arrayContaining([...own]));
      }
  });

  it('keep the order and the scores that the words give in the whole index', async () => {
    const { scored } = await searching(await momentOf(filtered(PAGES), options));
    const of = (...section: readonly string[]) =>
      scored('cat garden word12', { pipeline: 'lexical', filters: { section } });
    const [all, guide] = await Promise.all([of('Guide', 'API'), of('Guide')]);
    expect(guide.length).toBeGreaterThan(5);
    const expected = all.filter(({ name }) => pageOf(name) % 3 === 0);
    expect(guide.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    guide.forEach(({ score }, at) => {
      expect(score).toBeCloseTo(expected[at]?.score ?? 0, 5);
    });
  });

  it('want one of the values of each', async () => {
    const { rank } = await searching(await momentOf(filtered(PAGES), options));
    const found = await rank('number', { filters: { section: ['Guide', 'nowhere'], version: '2.0' } });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((id) => pageOf(id) % 15 === 0)).toBe(true);
    expect(await rank('number', { filters: { section: 'guide' } })).toEqual([]);
    expect(await rank('number', { filters: { colour: 'red' } })).toEqual([]);
    expect(await rank('number', { filters: { section: [] } })).toEqual(await rank('number'));
  });

  it('are listed with the number of their pages', async () => {
    const { searcher } = await searching(await momentOf(filtered(PAGES), options));
    expect(await searcher.filters()).toEqual({
      section: { API: 40, Guide: 20, Reference: 40 },
      version: { '2.0': 12 },
    });
    const without = await searching(await momentOf(PAGES, options));
    expect(await without.searcher.filters()).toEqual({});
  });

  it('change nothing in what a question without them finds', async () => {
    const [own, bare] = await Promise.all(
      [filtered(PAGES), PAGES].map(async (pages) => searching(await momentOf(pages, options))),
    );
    for (const question of ['the cat', 'word9', 'kitten of number 15', 'sec', 'secton guide', '='])
      expect(await own?.rank(question, { typing: true })).toEqual(await bare?.rank(question, { typing: true }));
  });
});

it('lists the others beside one that has more values than are read', async () => {
  const many = Array.from({ length: 9000 }, (_, at) => {
    const page = PAGES[at % PAGES.length] as PublishedDocument;
    const id = documentId(`many-${at}`);
    const filters = { author: [`author number ${String(at).padStart(5, '0')}`], version: [at % 2 === 0 ? '1' : '2'] };
    const passages = page.passages.slice(0, 1).map((each) => ({ ...each, documentId: id, id: passageId(id, 0) }));
    return { document: { ...page.document, id, filters }, passages };
  });
  const { searcher } = await searching(await momentOf(many, OPTIONS));
  const { version, author } = await searcher.filters();
  expect(version).toEqual({ '1': 4500, '2': 4500 });
  expect(Object.keys(author ?? {}).length).toBeGreaterThan(500);
});

it('narrow several corpora, and count the pages of all', async () => {
  const first = await momentOf(filtered(PAGES.slice(0, 30)), OPTIONS);
  const second = await momentOf(filtered(PAGES).slice(30), SMALL);
  const { rank, searcher } = await searching(first, second);
  const found = await rank('the cat and the dog', { filters: { version: '2.0' } });
  expect(found.every((id) => pageOf(id) % 5 === 0)).toBe(true);
  expect(new Set(found.map((id) => pageOf(id) < 30))).toEqual(new Set([true, false]));
  expect((await searcher.filters()).version).toEqual({ '2.0': 12 });
});

describe('filters of own documents', () => {
  const note = (id: string, filters: GivenFilters) => ({
    id,
    type: 'markdown' as const,
    content: `# ${id}\n\nA boat needs an oar, and ${id}.`,
    filters,
  });

  it('narrow a search, by words and by meaning; come, change and go with them', async () => {
    const fakes = freshFakes();
    const host = await openHost(fakes);
    await host.add([note('one', { kind: 'a' }), note('two', { kind: ['a', 'b'] }), note('three', {})], never, quiet);
    const of = async (filters: GivenFilters, text = 'oar') => (await asked(host, text, { filters })).ids.sort();
    expect(await of({})).toEqual(['one', 'three', 'two']);
    expect(await of({ kind: 'a' })).toEqual(['one', 'two']);
    expect(await of({ kind: 'b' }, 'paddle')).toEqual(['two']);
    expect(await host.filters(never)).toEqual({ kind: { a: 2, b: 1 } });

    expect(await host.add([note('one', { kind: 'b' })], never, quiet)).toMatchObject({ added: 1, unchanged: 0 });
    expect(await host.add([note('one', { kind: ' b' })], never, quiet)).toMatchObject({ added: 0, unchanged: 1 });
    expect(await host.filters(never)).toEqual({ kind: { a: 1, b: 2 } });
    await host.remove(['two']);
    expect(await host.filters(never)).toEqual({ kind: { b: 1 } });
    expect(await of({ kind: 'b' })).toEqual(['one']);

    const next = await openHost(fakes);
    expect(await next.filters(never)).toEqual({ kind: { b: 1 } });
  });

  it('are read from front matter, and from marks', async () => {
    const host = await openHost(freshFakes());
    const matter = '---\nfilters:\n  version: 2.0\n  tags: [x, y]\n---\n\nAn oar.';
    const page =
      '<meta name="docsearch:version" content="3,latest"><nav><b data-findling-filter="tags"> x </b></nav><p>An oar.';
    await host.add(
      [
        { id: 'a', type: 'markdown', content: matter },
        { id: 'b', type: 'html', content: page },
      ],
      never,
      quiet,
    );
    expect(await host.filters(never)).toEqual({ tags: { x: 2, y: 1 }, version: { '2.0': 1, '3': 1, latest: 1 } });
  });

  it('that are none are refused', async () => {
    const host = await openHost(freshFakes());
    for (const filters of ['a', { a: 1 }, ['a'], { a: [1] }] as unknown as GivenFilters[]) {
      await expect(host.search('x', { filters }, never, quiet)).rejects.toMatchObject({ code: 'bad-input' });
      expect(await host.add([note('n', filters)], never, quiet)).toMatchObject({ failed: [{ id: 'n' }] });
    }
  });
});
