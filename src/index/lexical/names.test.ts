import { describe, expect, it } from 'vitest';
import { documentId, type Passage, passageId } from '../../core/document.ts';
import { isNameTerm, nameKey, nameKeys, namesAbove, nameTerm, withoutKind } from './names.ts';

const passage = (ordinal: number, anchor: string, heading: readonly string[], weight = 1): Passage => ({
  id: passageId(documentId('page'), ordinal),
  documentId: documentId('page'),
  heading,
  anchor,
  text: '',
  start: 0,
  end: 0,
  weight,
});

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

  it('stands above the first passage of its page, and of its section', () => {
    const names = namesAbove('Library');
    expect(names(passage(0, '', []))).toEqual([['=library'], ['=library'], []]);
    expect(names(passage(1, 'zip', ['zip()']))).toEqual([[], ['=zip'], []]);
    expect(names(passage(2, 'zip', ['zip()']))).toEqual([[], [], []]);
    // Two sections of one heading.
    expect(names(passage(3, 'zip-2', ['zip()']))).toEqual([[], ['=zip'], []]);
    expect(namesAbove('Library')(passage(0, '', [], 0))).toEqual([]);
  });

  it('stands above the first text below it, and above its own', () => {
    const names = namesAbove('Library');
    expect(names(passage(0, 'zip', ['Functions', 'zip()']))).toEqual([['=library'], ['=functions', '=zip'], []]);
    expect(names(passage(1, 'open', ['Files', 'open()']))[1]).toEqual(['=files', '=open']);
    expect(names(passage(2, 'files', ['Files']))[1]).toEqual(['=files']);
    expect(names(passage(3, 'close', ['Files', 'close()']))[1]).toEqual(['=close']);
    expect(names(passage(4, 'files', ['Files']))[1]).toEqual([]);
  });
});
