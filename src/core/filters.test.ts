import { describe, expect, it } from 'vitest';
import { filterIn, filtersOf, joinFilters, tidyFilters } from './filters.ts';

describe('filters', () => {
  it('are compared without blanks around them, each value once, in order', () => {
    expect(tidyFilters({ ' section ': ['Guide', ' API\n reference', 'Guide'], version: '2.0' })).toEqual({
      section: ['API reference', 'Guide'],
      version: ['2.0'],
    });
    expect(tidyFilters({ a: 'x\u0000y\ty' })).toEqual({ a: ['x y y'] });
    expect(tidyFilters({ a: '\ud800' })).toEqual({ a: ['\ufffd'] });
  });

  it('leave out what is empty or too long for a value', () => {
    expect(tidyFilters({ '': 'x', a: '', b: [], c: [' '], d: 'x'.repeat(101), e: 'x'.repeat(100) })).toEqual({
      e: ['x'.repeat(100)],
    });
  });

  it('have all the values of several', () => {
    expect(joinFilters({ a: '1' }, { a: ['2', '1'], b: '3' }, {})).toEqual({ a: ['1', '2'], b: ['3'] });
  });

  it('keep names that every object has', () => {
    expect(tidyFilters(JSON.parse('{"__proto__": "x", "constructor": "y"}'))).toEqual(
      JSON.parse('{"__proto__": ["x"], "constructor": ["y"]}'),
    );
  });

  it('are read from texts and from files', () => {
    expect(filterIn('section: How: to')).toEqual({ section: 'How: to' });
    for (const text of ['section', ':x', 'section:', '']) expect(filterIn(text)).toBeUndefined();
    expect(filtersOf({ version: 2, draft: false, tags: ['a', 1] })).toEqual({
      version: ['2'],
      draft: ['false'],
      tags: ['a', '1'],
    });
    for (const given of ['x', null, ['a'], { a: null }, { a: { b: 'c' } }]) expect(filtersOf(given)).toBeUndefined();
  });
});
