import { describe, expect, test } from 'vitest';
import { documentId } from '../core/document.ts';
import { namesFirst } from './names-first.ts';

const result = (id: string, title: string, ...heading: string[]) => {
  const [document = '', anchor = ''] = id.split('#');
  return { id, score: 0, passage: { documentId: documentId(document), title, heading, anchor, weight: 1 } };
};
const weighing = (weight: number, each: ReturnType<typeof result>) => ({
  ...each,
  passage: { ...each.passage, weight },
});
const scored = (results: readonly ReturnType<typeof result>[]) =>
  results.map((each, at) => ({ ...each, score: 100 - at }));
const order = (question: string, ...results: ReturnType<typeof result>[]) =>
  namesFirst(question, scored(results)).map(({ id }) => id);

describe('namesFirst', () => {
  test('a page of the name comes first, then sections of the name; the places keep their scores', () => {
    const found = namesFirst(
      'VACUUM',
      scored([
        result('routine#basics', 'Routine Vacuuming', 'Vacuuming Basics'),
        result('glossary#vacuum', 'Glossary', 'Vacuum'),
        result('vacuum', 'VACUUM'),
      ]),
    );
    expect(found.map(({ id }) => id)).toEqual(['vacuum', 'glossary#vacuum', 'routine#basics']);
    expect(found.map(({ score }) => score)).toEqual([100, 99, 98]);
  });

  test('of sections of one name those come first that lie less deep', () => {
    const [method, fix, builtin] = [
      result('request#open', 'urllib', 'Legacy interface', 'class URLopener()', 'open()'),
      result('2to3#open', '2to3', 'Fixers', 'open'),
      result('functions#open', 'Built-in Functions', 'open()'),
    ];
    expect(order('open()', method, fix, builtin)).toEqual(['functions#open', '2to3#open', 'request#open']);
  });

  test('chapters of one name stay in their order, and what weighs less stays where it is', () => {
    const [news, guide, other] = [
      result('news#lists', 'What is new', 'List comprehensions'),
      result('guide#lists', 'Guide', 'Data', 'List comprehensions'),
      result('other', 'Other'),
    ];
    expect(order('list comprehensions', other, guide, news)).toEqual(['guide#lists', 'news#lists', 'other']);
    expect(order('list comprehensions', other, weighing(0.5, news), guide)).toEqual([
      'guide#lists',
      'other',
      'news#lists',
    ]);
    expect(order('guide', other, weighing(0.5, guide))).toEqual(['other', 'guide#lists']);
  });

  test('a section is named by its anchor in full, and by the last part of its name where nothing has the whole', () => {
    const [put, putTo, mention] = [
      result('queue#queue.Queue.put', 'queue', 'Queue.put(item)'),
      result('pipes#put', 'pipes', 'put(pipe)'),
      result('news#put', 'News', 'queue.Queue.put and others'),
    ];
    expect(order('queue.Queue.put', mention, put)[0]).toBe('queue#queue.Queue.put');
    expect(order('put', mention, put)[0]).toBe('queue#queue.Queue.put');
    expect(order('put()', mention, put, putTo)).toEqual(['pipes#put', 'news#put', 'queue#queue.Queue.put']);
  });

  test('a page is named without the kind of thing that it is, a section is not', () => {
    const [section, page, other] = [
      result('news#json', 'News', 'The json module: JavaScript Object Notation'),
      result('json', 'json — JSON encoder'),
      result('parts#json', 'Parts', 'json'),
    ];
    expect(order('json module', section, other, page)).toEqual(['json', 'news#json', 'parts#json']);
    expect(order('json package', other, section, page)).toEqual(['json', 'parts#json', 'news#json']);
    expect(order('json library', section, other)).toEqual(['news#json', 'parts#json']);
  });

  test('one result of each page, the one under its own name before better ones', () => {
    const [notes, other, page] = [
      result('table#notes', 'CREATE TABLE', 'Notes'),
      result('index', 'CREATE INDEX'),
      result('table#top', 'CREATE TABLE', 'CREATE TABLE'),
    ];
    expect(order('create table', other, notes, page)).toEqual(['table#top', 'index', 'table#notes']);
    expect(order('create table', other, notes)).toEqual(['table#notes', 'index']);
  });

  test.each([
    ['Routine Vacuuming', '25.1. Routine Vacuuming'],
    ['acronyms', 'Appendix L. Acronyms'],
    ['adminpack', 'F.1. adminpack'],
    ['server administration', 'Part III. Server Administration'],
    ['pg dump', 'pg_dump'],
    ['zipfile', 'zipfile — Work with ZIP archives'],
    ['email.parser', 'email.parser: Parsing email messages'],
    ['zipfile.ZipFile', "class zipfile.ZipFile(file, mode='r')"],
    ['open()', 'open(file)'],
    ['FROM clause', 'FROM Clause'],
    ['from', 'FROM Clause'],
    ['async with', '8.9.3. The async with statement'],
    ['設定', '1. 設定'],
  ])('%s is %s', (question, title) => {
    expect(order(question, result('other', 'Other'), result('named', title))[0]).toBe('named');
  });

  test.each([
    ['pg_dump', 'Some Notes about pg_dump'],
    ['open', 'opener'],
    ['overview', 'Python 3 Overview'],
    ['C', 'C++'],
    ['data', 'data type'],
    ['the rules of', 'The rules of a statement'],
    ['', ''],
    ['()', '—'],
  ])('%s is not %s', (question, title) => {
    expect(order(question, result('other', 'Other'), result('named', title))[0]).toBe('other');
  });

  test('a result beyond the first ten stays where it is', () => {
    const others = Array.from({ length: 10 }, (_, at) => result(`other${at}`, 'Other'));
    expect(order('vacuum', ...others, result('vacuum', 'VACUUM'))[0]).toBe('other0');
  });
});
