import { describe, expect, it } from 'vitest';
import { documentId, type PassageId, passageId } from '../core/document.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import { parseQuery } from '../index/lexical/query.ts';
import type { TermSource } from '../index/terms.ts';
import { namedPassages } from './named.ts';

const { signal } = new AbortController();

/** The numbers of the passages that a question names, of those with these names of pages and of sections. */
async function named(
  names: readonly { readonly page?: string; readonly section?: string }[],
  question: string,
  change: (terms: TermSource) => TermSource = (terms) => terms,
) {
  const termOf = (name: string | undefined) => (name === undefined ? [] : [`=${name}`]);
  const terms = memoryTermSource(names.map(({ page, section }) => ({ fields: [termOf(page), termOf(section), []] })));
  const ids = names.map((_, at): PassageId => passageId(documentId('page'), at));
  const numbers = { idsOf: async (asked: readonly number[]) => asked.flatMap((number) => ids[number] ?? []) };
  const found = await namedPassages(parseQuery(question), { terms: change(terms), numbers }, signal);
  const placesOf = (set: ReadonlySet<PassageId>) => [...set].map((id) => ids.indexOf(id));
  return { pages: placesOf(found.pages), sections: placesOf(found.sections), probable: placesOf(found.probable) };
}

const times = <T>(count: number, each: T): readonly T[] => Array.from({ length: count }, () => each);

describe('namedPassages', () => {
  it.each([
    ['json', { pages: [0], sections: [], probable: [] }],
    ['zip()', { pages: [], sections: [1], probable: [] }],
    ['the json module', { pages: [0], sections: [], probable: [] }],
    ['zip function', { pages: [], sections: [], probable: [1] }],
    ['data type', { pages: [], sections: [2], probable: [] }],
    ['zips', { pages: [], sections: [], probable: [] }],
    ['json -zip', { pages: [], sections: [], probable: [] }],
    ['title:json', { pages: [], sections: [], probable: [] }],
    ['', { pages: [], sections: [], probable: [] }],
  ])('of %j', async (question, expected) => {
    const names = [{ page: 'json' }, { section: 'zip' }, { section: 'data type' }, { section: 'data' }];
    expect(await named(names, question)).toEqual(expected);
  });

  it('by the last part of a name, where nothing has the whole', async () => {
    const names = [{ section: 'put.' }, { section: 'get.' }, { section: 'get' }];
    expect((await named(names, 'put()')).sections).toEqual([0]);
    expect((await named(names, 'get')).sections).toEqual([2]);
    expect((await named([...names, { page: 'put' }], 'put')).sections).toEqual([]);
    expect((await named([{ section: 'all tasks.' }], 'all_tasks')).sections).toEqual([0]);
    expect((await named([{ section: 'all tasks.' }], 'all tasks')).sections).toEqual([]);
  });

  it('none of a name that more than ten have', async () => {
    const many = times(11, { page: 'notes', section: 'usage' });
    expect(await named(many, 'notes')).toEqual({ pages: [], sections: [], probable: [] });
    expect((await named(many.slice(1), 'notes')).pages).toHaveLength(10);
    expect((await named(many.slice(1), 'usage')).sections).toHaveLength(10);
    const more = (terms: TermSource): TermSource => ({
      ...terms,
      async postings(asked) {
        const found = await terms.postings(asked);
        return found.map((each) => each && { ...each, fields: each.fields.map((field) => ({ ...field, total: 900 })) });
      },
    });
    expect(await named([{ page: 'json' }], 'json', more)).toEqual({ pages: [], sections: [], probable: [] });
  });

  it('nor what has the name without its kind, where more than ten have the whole name', async () => {
    const named10 = [{ section: 'data' }, ...times(10, { section: 'data type' })];
    expect((await named(named10, 'data type')).probable).toEqual([]);
    expect((await named([...named10, { section: 'data type' }], 'data type')).probable).toEqual([]);
    const pages = [{ page: 'data' }, ...times(11, { page: 'data type' })];
    expect((await named(pages, 'data type')).pages).toEqual([]);
  });
});
