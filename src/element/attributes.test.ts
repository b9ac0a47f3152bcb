import { expect, it } from 'vitest';
import { limitOf, upgradeProperties } from './attributes.ts';

it('takes a limit that is a positive whole number, else the default', () => {
  const limit = (value: string | null) => limitOf({ getAttribute: () => value });
  expect(['1', ' 25 '].map(limit)).toEqual([1, 25]);
  expect([null, '', 'abc', '0', '-3', '2.5', 'Infinity'].map(limit)).toEqual(Array(7).fill(10));
});

it('hands a property that was set before the definition to its setter, once', () => {
  const given: string[] = [];
  class Upgraded {
    set search(value: string) {
      given.push(value);
    }
    set query(value: string) {
      given.push(value);
    }
  }
  const element = new Upgraded();
  Object.defineProperty(element, 'search', { value: 'early', configurable: true, writable: true });
  upgradeProperties(element, ['search', 'query']);
  upgradeProperties(element, ['search', 'query']);
  element.search = 'late';
  expect(given).toEqual(['early', 'late']);
});
