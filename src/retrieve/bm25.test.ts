import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentId, type PassageId, passageId, type StoredPassage } from '../core/document.ts';
import type { Context, Retriever } from '../core/ports.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { type Bm25Options, bm25 } from './bm25.ts';

interface Given {
  readonly id: string;
  readonly title?: string;
  readonly heading?: string;
  readonly text: string;
  readonly language?: string;
}

const context: Context = { signal: new AbortController().signal, onStage: () => {} };

async function retriever(given: readonly Given[], options: Bm25Options = {}): Promise<Retriever> {
  const passages = given.map(
    ({ id, title = '', heading, text, language = 'en' }): StoredPassage => ({
      id: passageId(documentId(id), 0),
      documentId: documentId(id),
      start: 0,
      end: text.length,
      heading: heading === undefined ? [] : [heading],
      anchor: '',
      weight: 1,
      text,
      url: id,
      title,
      language,
    }),
  );
  const analysed = passages.map(async ({ title, heading, text, language }) => {
    const { analyze } = await createAnalyzer(language);
    return { fields: [analyze(title), analyze(heading.join('\n')), analyze(text)], language };
  });
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  return bm25({
    terms: memoryTermSource(await Promise.all(analysed)),
    numbers: { idsOf: async (numbers) => numbers.map((number) => passages[number]?.id ?? ('' as PassageId)) },
    passages: { passages: async (ids) => ids.flatMap((id) => byId.get(id) ?? []) },
    options,
  });
}

async function find(from: Retriever | Promise<Retriever>, text: string, depth = 10): Promise<string[]> {
  const found = await (await from).retrieve(parseQuery(text), depth, context);
  return found.map(({ id }) => id.split('#')[0] ?? '');
}

const library = retriever([
  { id: 'install', title: 'Installation', text: 'How to install the package and configure its options.' },
  { id: 'config', title: 'Configuration', heading: 'Options', text: 'Every configuration option of the package.' },
  { id: 'async', title: 'Concurrency', text: 'Call asyncio.run to start the event loop, or useState in React.' },
  { id: 'flag', title: 'Hooks', text: 'Commit with --no-verify to skip the hooks. To be or not to be.' },
  { id: 'about', title: 'About', text: 'Written by people in Zürich.' },
  { id: 'cpp', title: 'Bindings', text: 'The C++ bindings load node:fs under Python 3.11.' },
]);

describe('bm25', () => {
  it('finds words by stem and without accents', async () => {
    expect(await find(library, 'configuring ')).toEqual(expect.arrayContaining(['config', 'install']));
    expect(await find(library, 'zurich ')).toEqual(['about']);
    expect(await find(library, 'nowhere-to-be-found-xyzzy ')).toEqual([]);
    expect(await find(library, '')).toEqual([]);
  });

  it.each([
    ['asyncio.run ', 'async'],
    ['asyncio ', 'async'],
    ['use_state ', 'async'],
    ['--no-verify ', 'flag'],
    ['C++ ', 'cpp'],
    ['node:fs ', 'cpp'],
    ['3.11 ', 'cpp'],
  ])('finds the identifier %j', async (text, id) => {
    expect((await find(library, text))[0]).toBe(id);
  });

  it('matches the word being typed by its beginning, stems notwithstanding', async () => {
    expect((await find(library, 'instal'))[0]).toBe('install');
    for (const typed of ['conf', 'configu', 'configurat', 'configurati', 'configuratio', 'configuration'])
      expect((await find(library, typed))[0], typed).toBe('config');
    expect(await find(library, 'conf ')).toEqual([]);
    expect(await find(library, 'asyncio.r')).toContain('async');
    expect(await find(library, 'c')).toContain('config');
  });

  it('keeps a word that is typed past its stem, though what is typed begins an identifier', async () => {
    const stem = Array.from({ length: 10 }, (_, at) => ({ id: `word${at}`, text: `About comprehension ${at}.` }));
    const named = retriever([
      ...stem,
      { id: 'both', title: 'List comprehension', text: 'Made of lists.' },
      { id: 'list', title: 'List', text: 'A list, and a list of lists.' },
      { id: 'name', text: 'See comprehension.if of the list grammar.' },
    ]);
    for (const typed of ['comprehens', 'comprehensi', 'comprehensio', 'comprehension'])
      expect((await find(named, `list ${typed}`))[0], typed).toBe('both');
    expect(await find(named, 'title:comprehensio')).toEqual(['both']);
    // Of a word that itself begins what is typed nothing shorter is meant.
    const pages = retriever([
      { id: 'data', text: 'The data.' },
      { id: 'database', text: 'The database.' },
    ]);
    expect(await find(pages, 'datab')).toEqual(['database']);
    expect(await find(pages, 'databas')).toEqual(['database']);
    const inter = retriever([...stem, { id: 'inter', text: 'Inter.' }, { id: 'interface', text: 'Interface.' }]);
    expect(await find(inter, 'interf')).toEqual(['interface']);
    const copies = ['one', 'two', 'three'].map((id) => ({ id, text: 'Replicate it.' }));
    const replicas = retriever([...copies, { id: 'replica', text: 'A replica.' }]);
    expect((await find(replicas, 'replicatio')).sort()).toEqual(['one', 'three', 'two']);
  });

  it('forgives typos only where nothing matches, and never above an exact hit', async () => {
    expect(await find(library, 'instalation ')).toContain('install');
    expect(await find(library, 'configuraiton ')).toContain('config');
    expect(await find(library, 'biindings ')).toEqual(['cpp']);
    expect(await find(library, 'hoks ')).toEqual(['flag']);
    expect(await find(library, 'hok ')).toEqual([]);
    const near = retriever([
      { id: 'exact', text: `A long text that names the planet once among ${'other '.repeat(40)}words.` },
      { id: 'typo', title: 'Plant', text: 'plant plant plant' },
    ]);
    expect(await find(near, 'planet ')).toEqual(['exact']);
  });

  it('looks for what was meant by a misspelt last word before it cuts that short', async () => {
    const words = ['server', 'search', 'command', 'commit', 'retrieve', 'return', 'improve', 'import'];
    const named = retriever(words.map((word) => ({ id: word, text: `Here is ${word}.` })));
    const meant = { serach: 'search', comit: 'commit', retrun: 'return', improt: 'import' };
    for (const [typed, word] of Object.entries(meant)) expect(await find(named, typed), typed).toContain(word);
    for (const typed of [...Object.keys(meant), 'instalation'])
      expect(await find(named, typed), typed).toEqual(await find(named, `${typed} `));
    expect(await find(named, 'se')).toEqual(expect.arrayContaining(['server', 'search']));
  });

  it('holds to phrases', async () => {
    expect(await find(library, '"the event loop"')).toEqual(['async']);
    expect(await find(library, '"event the loop"')).toEqual([]);
    expect(await find(library, '"to be or not to be" hooks ')).toEqual(['flag']);
    expect(await find(library, '"no verify to skip"')).toEqual(['flag']);
    expect(await find(library, '"configure"')).toEqual(['install']);
    expect(await find(library, 'package "package and"')).toEqual(['install']);
  });

  it('leaves excluded words and phrases out', async () => {
    expect(await find(library, 'package -options ')).toEqual([]);
    expect(await find(library, 'package -install ')).toEqual(['config']);
    expect(await find(library, 'package -"configuration option"')).toEqual(['install']);
    expect(await find(library, 'asyncio -node:fs ')).toEqual(['async']);
  });

  it('restricts fielded words to their field, and requires them', async () => {
    expect(await find(library, 'title:configuration package ')).toEqual(['config']);
    expect(await find(library, 'heading:options ')).toEqual(['config']);
    expect((await find(library, 'body:options ')).sort()).toEqual(['config', 'install']);
    expect(await find(library, 'title:conf')).toEqual(['config']);
    expect(await find(library, 'title:package ')).toEqual([]);
  });

  it('asks a field for stop words only where it asks for nothing else', async () => {
    const pages = [
      { id: 'deploy', title: 'How to deploy', heading: 'The cache', text: 'Build the event loop first.' },
      { id: 'matrix', title: 'The Matrix', text: 'A film.' },
      { id: 'how', title: 'How', text: 'A page on deploying and the cache.' },
    ];
    const german = { id: 'de', title: 'Der Bau', text: 'Die Häuser und ein Matrose.', language: 'de' };
    for (const given of [pages, [...pages, german]]) {
      const named = retriever(given);
      for (const text of ['title:"How to deploy"', 'heading:"the cache"', 'title:deploy title:how', '"the event loop"'])
        expect(await find(named, text), text).toEqual(['deploy']);
      expect(await find(named, 'title:"The Matrix"')).toEqual(['matrix']);
      expect(await find(named, 'title:"how" film ')).toEqual(['how']);
      expect(await find(named, 'title:"the event"')).toEqual([]);
    }
  });

  it('looks for nothing that a stop word at the end begins, where something else is asked for', async () => {
    const two = retriever([
      { id: 'a', title: 'Hooks', text: 'All about event hooks.' },
      { id: 'b', title: 'Hooks', text: 'How event hooks inform.' },
    ]);
    for (const text of ['"event hooks" in', 'title:hooks in', 'hooks in', 'title:hooks body:hooks body:in'])
      expect(await find(two, text), text).toEqual(['a', 'b']);
    expect(await find(two, 'in')).toEqual(['b']);
  });

  it('finds a fielded compound by the word or by all its parts in that field', async () => {
    const sites = retriever([
      { id: 'parts', title: 'Server side rendering', text: 'Pages are made where they lie.' },
      { id: 'whole', title: 'The server-side cache', text: 'It keeps pages.' },
      { id: 'server', title: 'Server', text: 'The side of the server-side cache.' },
      { id: 'body', title: 'About', text: 'Server side rendering.' },
    ]);
    for (const text of ['title:server-side ', 'title:server-side'])
      expect((await find(sites, text)).sort(), text).toEqual(['parts', 'whole']);
    const without = retriever([
      { id: 'parts', title: 'Server side rendering', text: 'Pages are made where they lie.' },
      { id: 'server', title: 'Server', text: 'The side of it.' },
    ]);
    for (const text of ['title:server-side ', 'title:server-side', 'title:server-side pages'])
      expect(await find(without, text), text).toEqual(['parts']);
  });

  it('takes the last word for the one being typed, though it ends as a fielded one does', async () => {
    const ports = retriever([
      { id: 'port', title: 'Port', text: 'How to name the importance of a port.' },
      { id: 'portal', title: 'Portal', text: 'Importance has no place here.' },
    ]);
    expect(await find(ports, 'title:port importa')).toEqual(['port']);
    expect(await find(ports, 'title:port import')).toEqual(['port']);
    expect((await find(ports, 'importance title:port')).sort()).toEqual(['port', 'portal']);
  });

  it('answers stop words alone where a title holds nothing else', async () => {
    expect(await find(library, 'about ')).toEqual(['about']);
    expect(await find(library, 'to be or not to be ')).toEqual([]);
  });

  it('reads a question in each language of the corpus', async () => {
    const mixed = retriever([
      { id: 'de', text: 'Die Häuser stehen am Fluss.', language: 'de' },
      { id: 'en', text: 'The houses stand by the river.' },
      { id: 'ja', text: '私は東京大学の近くに住んでいます。', language: 'ja' },
    ]);
    expect(await find(mixed, 'Haus ')).toContain('de');
    expect(await find(mixed, 'house ')).toContain('en');
    expect(await find(mixed, '東京 ')).toEqual(['ja']);
    expect(await find(mixed, '"東京大学"')).toEqual(['ja']);
  });

  it('takes a stop word for no word of a language of other letters, but finds names there', async () => {
    const mixed = retriever([
      { id: 'hi', text: 'खोज the React', language: 'hi' },
      { id: 'en', text: 'The river by the houses, and React.' },
    ]);
    expect(await find(mixed, 'the houses ')).toEqual(['en']);
    expect((await find(mixed, 'react ')).sort()).toEqual(['en', 'hi']);
    expect(await find(mixed, 'खोज ')).toEqual(['hi']);
  });

  it('gives the same best passages when it scores few of many', async () => {
    const words = ['alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma'];
    const many = Array.from({ length: 600 }, (_, at) => ({
      id: `p${at}`,
      text: words.flatMap((word, which) => Array<string>((at * (which + 3)) % (which + 4)).fill(word)).join(' '),
    }));
    const all = await find(retriever(many, { candidates: 1e6 }), 'alpha beta omega ', 10);
    expect(await find(retriever(many, { candidates: 40 }), 'alpha beta omega ', 10)).toEqual(all);
  });

  it('finds a phrase below many passages that hold its words apart, for a few results too', async () => {
    const text = (at: number) => (at % 20 === 7 ? 'a control plane' : 'plane control, then control over a plane');
    const many = retriever(
      Array.from({ length: 60 }, (_, at) => ({ id: `p${at}`, text: `${text(at)} and word${at}` })),
    );
    expect(await find(many, '"control plane" ', 10)).toHaveLength(3);
    expect(await find(many, 'plane -"control over" ', 10)).toHaveLength(3);
  });

  it('stops when the signal has fired', async () => {
    const signal = AbortSignal.abort();
    await expect((await library).retrieve(parseQuery('a'), 10, { ...context, signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

const scifact = resolve(import.meta.dirname, '../../../shared/eval/scifact');

describe.skipIf(!existsSync(scifact))('bm25 on SciFact (../shared/eval/scifact; skipped where absent)', () => {
  const lines = (name: string) => readFileSync(resolve(scifact, name), 'utf8').trim().split('\n');

  it('reaches nDCG@10 .67', async () => {
    const documents = lines('corpus.jsonl').map(
      (line) => JSON.parse(line) as { _id: string; title: string; text: string },
    );
    const grades = new Map<string, Set<string>>();
    for (const line of lines('qrels/test.tsv').slice(1)) {
      const [query = '', document = '', grade] = line.split('\t');
      if (Number(grade) > 0) grades.set(query, (grades.get(query) ?? new Set()).add(document));
    }
    const found = await retriever(documents.map(({ _id, title, text }) => ({ id: _id, title, text })));
    let total = 0;
    for (const line of lines('queries.jsonl')) {
      const { _id, text } = JSON.parse(line) as { _id: string; text: string };
      const relevant = grades.get(_id);
      if (relevant === undefined) continue;
      const gain = (rank: number) => 1 / Math.log2(rank + 2);
      const ids = await find(found, `${text} `, 10);
      const gained = ids.reduce((sum, id, rank) => sum + (relevant.has(id) ? gain(rank) : 0), 0);
      const ideal = Array.from({ length: Math.min(10, relevant.size) }, (_, rank) => gain(rank)).reduce(
        (a, b) => a + b,
      );
      total += gained / ideal;
    }
    expect(total / grades.size).toBeGreaterThanOrEqual(0.67);
  });
});
