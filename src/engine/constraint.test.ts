import { describe, expect, it } from 'vitest';
import { documentId, type PassageId, passageId, type StoredPassage } from '../core/document.ts';
import type { Context, Retriever } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { constrain, FAR, NEAR, type Reach } from './constraint.ts';

const DOCUMENT = documentId('page');
const idOf = (number: number) => passageId(DOCUMENT, number);
const context: Context = { signal: new AbortController().signal, onStage: () => undefined };

/** A retriever of 300 passages in order, and how many texts were read of them. */
function setup(textOf: (number: number) => string) {
  let read = 0;
  const retriever: Retriever = {
    name: 'dense',
    retrieve: async (_, depth) =>
      ranking(
        Array.from({ length: 300 }, (_, number) => ({ id: idOf(number), score: 1 - number / 300 })),
        depth,
      ),
  };
  const stored = (id: PassageId): StoredPassage => {
    const text = textOf(Number(id.split('#')[1]));
    const place = { id, documentId: DOCUMENT, url: '', anchor: '', title: 'Page', heading: [], weight: 1 };
    return { ...place, text, start: 0, end: text.length, language: 'en' };
  };
  const passages = async (ids: readonly PassageId[]) => {
    read += ids.length;
    return ids.map(stored);
  };
  const find = (text: string, reach: Reach) =>
    constrain(retriever, { passages }, reach).retrieve(parseQuery(text), 100, context);
  return { find, read: () => read };
}

describe('constrain', () => {
  it('reads nothing for a query without conditions', async () => {
    const { find, read } = setup(() => 'a red fox');
    expect(await find('fox', FAR)).toHaveLength(100);
    expect(read()).toBe(0);
  });

  it('leaves out what does not hold, and stops reading when there is enough', async () => {
    const { find, read } = setup((number) => (number % 10 === 3 ? 'a red fox' : 'a grey fox'));
    const found = await find('fox -red', FAR);
    expect(found.map(({ id }) => id)).not.toContain(idOf(3));
    expect(found[0]?.id).toBe(idOf(0));
    expect(found).toHaveLength(36);
    expect(read()).toBe(40);
  });

  it('reads all at once where that costs little', async () => {
    const { find, read } = setup((number) => (number % 10 === 3 ? 'a red fox' : 'a grey fox'));
    expect(await find('fox -red', NEAR)).toHaveLength(100);
    expect(read()).toBe(300);
  });

  it.each([
    ['-useState', 'a state of grace', true],
    ['-useState', 'call useState here', false],
    ['-node:fs', 'a node in a tree', true],
    ['-node:fs', 'import from node:fs', false],
    ['-"configuration option"', 'an option among others', true],
    ['-"configuration option"', 'a configuration option', false],
    ['body:asyncio.run', 'to run a shop', false],
    ['body:asyncio.run', 'call asyncio.run once', true],
    ['"page fox"', 'fox and hound', false],
    ['body:"the red fox"', 'a red fox', true],
    ['body:"the red fox"', 'the grey fox', false],
    ['body:"to be"', 'a red fox', false],
  ])('reads %s as BM25 does: "%s"', async (operator, text, isFound) => {
    const { find } = setup((number) => (number === 0 ? text : 'nothing else'));
    expect((await find(`fox ${operator}`, NEAR)).some(({ id }) => id === idOf(0))).toBe(isFound);
  });

  it('reads on where few hold, to a bound', async () => {
    const { find, read } = setup((number) =>
      [2, 110, 250].includes(number) ? 'the quick red fox' : 'a red quick fox',
    );
    expect((await find('"quick red fox"', FAR)).map(({ id }) => id)).toEqual([idOf(2), idOf(110)]);
    expect(read()).toBe(120);
  });
});
