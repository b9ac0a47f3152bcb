import { describe, expect, it } from 'vitest';
import { documentId, type PassageId, passageId } from '../core/document.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import { parseQuery } from '../index/lexical/query.ts';
import type { TermSource } from '../index/terms.ts';
import { identifierHolders } from './identifier.ts';

const { signal } = new AbortController();

async function holders(texts: readonly string[], question: string, change?: (terms: TermSource) => TermSource) {
  const { analyze } = await createAnalyzer('en');
  const terms = memoryTermSource(texts.map((text) => ({ fields: [[], [], analyze(text)] })));
  const ids = texts.map((_, at): PassageId => passageId(documentId('page'), at));
  const numbers = { idsOf: async (asked: readonly number[]) => asked.flatMap((number) => ids[number] ?? []) };
  const found = await identifierHolders(parseQuery(question), { terms: change?.(terms) ?? terms, numbers }, signal);
  return [...found].map((id) => ids.indexOf(id));
}

const TEXTS = [
  'Call asyncio.run once.',
  'Run asyncio.',
  'No comments, --no-comments.',
  'A full-text search: useState.',
];

describe('identifierHolders', () => {
  it.each([
    ['asyncio.run', [0]],
    ['asyncio_run()', [0]],
    ['--no-comments', [2]],
    ['useState', [3]],
    ['useState -run', [3]],
    ['asyncio.runner', []],
  ])('of %j', async (question, places) => {
    expect(await holders(TEXTS, question)).toEqual(places);
  });

  it.each(['asyncio', 'call asyncio.run', '"asyncio.run"', 'title:asyncio.run', 'full-text', '(full-text)', '<=>', ''])(
    'none of %j, which is more or no identifier',
    async (question) => {
      expect(await holders(TEXTS, question)).toEqual([]);
    },
  );

  it('none of a name that very many passages hold, in whichever corpus', async () => {
    const many = Array.from({ length: 101 }, () => 'In node.js.');
    expect(await holders(many, 'node.js')).toEqual([]);
    expect(await holders(many.slice(1), 'node.js')).toHaveLength(100);
    const outline = { passages: new Uint32Array(0), impacts: new Float32Array(0), rest: 900, restImpact: 1 };
    const outlined = (terms: TermSource): TermSource => ({
      ...terms,
      postings: async (asked) => (await terms.postings(asked)).map((found) => found && { ...found, outline }),
    });
    expect(await holders(TEXTS, 'asyncio.run', outlined)).toEqual([]);
  });
});
