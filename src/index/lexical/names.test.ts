import { describe, expect, it } from 'vitest';
import { isNameTerm, lastPartKey, lastPartTerm, nameKey, nameKeys, nameTerm, nameTerms, withoutKind } from './names.ts';

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

  it.each([
    ['The parse_args() method', 'parse args'],
    ['4.3. The range() Function', 'range'],
    ['The String format() Method', 'format'],
    ['Method open()', 'open'],
    ['unsigned long long PyLong_AsUnsignedLongLong(PyObject *obj)', 'pylong asunsignedlonglong'],
    ['PyObject *PyList_New(Py_ssize_t len)', 'pylist new'],
    ['strftime() and strptime() Format Codes', 'strftime'],
  ])('%s declares %s', (heading, name) => {
    expect([...nameKeys(heading)]).toContain(name);
  });

  it.each([
    ['Why doesn’t list.sort() return the sorted list?', 'list sort'],
    ['Re-ordering of keyword-only parameters in __init__()', 'init'],
    ['Using a custom __new__()', 'new'],
    ['The parse_args() of old', 'parse args'],
  ])('%s only speaks of %s', (heading, name) => {
    expect([...nameKeys(heading)]).not.toContain(name);
  });

  it.each([
    ['Queue.put(item)', 'queue.Queue.put', 'queue queue put'],
    ['push(&mut self)', 'method.push', 'method push'],
    ['std::vector', 'std::vector', 'std vector'],
  ])('%s at #%s is called %s', (heading, anchor, name) => {
    expect([...nameKeys(heading, anchor)]).toContain(name);
  });

  it.each([
    ['Queue.put(item)', 'install.put-it'],
    ['Release notes', 'v1.2.notes.old'],
    ['Queue.put(item)', 'queue.Queue.get'],
  ])('%s is not called as its anchor %s', (heading, anchor) => {
    expect([...nameKeys(heading, anchor)]).toEqual([...nameKeys(heading)]);
  });

  it.each([
    ['Queue.put(item)', 'put'],
    ['class xml.sax.XMLReader', 'xmlreader'],
    ['asyncio.all_tasks(loop=None)', 'all tasks'],
    ['std::vector::push_back', 'push back'],
    ['open(file)', ''],
    ['What is new in 3.11', ''],
    ['Moving from Node.js to Deno', ''],
  ])('the last part of %s is %j', (heading, part) => {
    expect(lastPartKey(heading)).toBe(part);
  });

  it('tells names from last parts', () => {
    expect(nameTerms('Queue.put()', 'queue.Queue.put')).toEqual(['=queue put', '=queue queue put', '=put.']);
    expect(isNameTerm(lastPartTerm('put') ?? '')).toBe(true);
    expect(lastPartTerm('')).toBeUndefined();
  });

  it('compares words as they are, without accents, marks and a first article', () => {
    expect(nameKey('The «Café» menu')).toBe('cafe menu');
    expect(nameKey('opener')).not.toBe(nameKey('open'));
    expect(nameKey('The')).toBe('the');
    expect(nameKey('…')).toBe('');
    expect(nameKey(' >>> ')).toBe('>>>');
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
