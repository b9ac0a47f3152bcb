import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placedSigns, signTerm, signTerms } from './signs.ts';

const signs = (text: string) => Array.from(placedSigns(text), ({ sign }) => sign);

describe('signs', () => {
  it.each([
    ["SELECT data->>'name' := 1 || 'a' !== b", ['->>', ':=', '||', '!==']],
    ['Use ->>. And not !=! Or ===: the end is `**`', ['->>', '!=', '===', '**']],
    ['a?.b ?? c ?: d', ['?.', '??', '?:']],
    ['x**2 and i++', ['**']],
  ])('finds the operators of %j', (text, found) => {
    expect(signs(text)).toEqual(found);
  });

  it.each([
    'Well... a dash -- or --- more; ../up ./here ~/home /. https://example.org',
    'std::vector user->name C++ A--Z',
    '======== ---------- ******',
    'One % of a + b, and/or c? Yes! No.',
    '',
  ])('finds none in %j', (text) => {
    expect(signs(text)).toEqual([]);
  });

  it('places each where it stands, as a term of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'Ä', ' ', '->', ':=', '.', '!', '*', '\n', '"')), (parts) => {
        const text = parts.join('');
        for (const { sign, start, end } of placedSigns(text)) expect(text.slice(start, end)).toBe(sign);
        expect(signTerms(text)).toEqual(signs(text).map((sign) => `= ${sign}`));
      }),
    );
  });

  it('takes a word for an operator that is nothing else', () => {
    expect(signTerm('->>')).toBe('= ->>');
    expect(signTerm("data->>'x'")).toBeUndefined();
    expect(signTerm('std::vector')).toBeUndefined();
    expect(signTerm('...')).toBeUndefined();
    expect(signTerm('?')).toBeUndefined();
  });
});
