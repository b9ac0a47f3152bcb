import { describe, expect, it } from 'vitest';
import { isNameTerm, nameKey, nameKeys, nameTerm, withoutKind } from './names.ts';

describe('names', () => {
  it.each([
    ['25.1. Routine Vacuuming', 'routine vacuuming'],
    ['zipfile — Work with ZIP archives', 'zipfile'],
    ['parser: Parsing messages', 'parser'],
    ['class zipfile.ZipFile(file, mode="r")', 'zipfile zipfile'],
    ['zip(*iterables, strict=False)', 'zip'],
    ['8.5. The with statement', 'with statement'],
    ['pg_dump', 'pg dump'],
    ['-f, --fail-fast <count>', 'fail fast'],
    ['--output=<file>', 'output'],
  ])('%s is called %s', (heading, name) => {
    expect([...nameKeys(heading)]).toContain(name);
  });

  it('compares words as they are, without accents, marks and a first article', () => {
    expect(nameKey('The «Café» menu')).toBe('cafe menu');
    expect(nameKey('opener')).not.toBe(nameKey('open'));
    expect(nameKey('The')).toBe('the');
    expect(nameKey('…')).toBe('');
  });

  it.each([
    ['zip function', 'zip'],
    ['class zip file', 'zip file'],
    ['function', undefined],
    ['zip it', undefined],
    ['what is the zip function', undefined],
  ])('%s is asked for as %s too', (key, bare) => {
    expect(withoutKind(key)).toBe(bare);
  });

  it('has a term of its own kind, unless it is a sentence', () => {
    expect(isNameTerm(nameTerm('zip') ?? '')).toBe(true);
    expect(isNameTerm('zip')).toBe(false);
    expect(nameTerm('')).toBeUndefined();
    expect(nameTerm('word '.repeat(20))).toBeUndefined();
  });
});
