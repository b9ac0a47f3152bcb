import { beforeEach, describe, expect, it } from 'vitest';
import { asked, type Fakes, freshFakes, never, openHost, quiet, SOURCES } from './fixtures/engine.ts';
import type { EngineHost, SearchOptions } from './types.ts';

describe('engine host: words, names and excerpts', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const ask = (text: string, options = {}) => asked(host, text, options);
  beforeEach(async () => {
    fakes = freshFakes();
    host = await openHost(fakes, []);
  });

  it('shows the page of the name first, which has the words less often than another', async () => {
    const text = 'oar needs oar needs oar needs';
    const named = {
      id: 'named',
      type: 'markdown',
      content: '# Oar needs\n\nWhat a boat is moved by, and much else of it.',
    } as const;
    await host.add([named, { id: 'other', type: 'markdown', content: `# More oar needs\n\n${text}` }], never, quiet);
    const options = { pipeline: 'lexical', explain: true } as const;
    const { last, ids } = await ask('oar needs', options);
    expect(ids).toEqual(['named', 'other']);
    expect(last.results.map(({ explain }) => explain?.bm25?.rank)).toEqual([1, 2]);
    const [first = 0, second = 0] = last.results.map(({ score }) => score);
    expect(first).toBeGreaterThan(second);
  });

  it('finds what is named as the question is where its words stand everywhere, or are stop words', async () => {
    const busy = Array.from(
      { length: 200 },
      (_, at) => `## Sailing ${at}\n\nSailing, sailing with sailing with a sail.`,
    );
    const sections = [
      '## sailing(*boats, crew=None)',
      'One of many functions of the yard.',
      '## 8.5. The with clause',
      'Crews.',
    ];
    const content = ['# Sailing boats', ...busy, ...sections, '## Notes', 'On notes.'].join('\n\n');
    const named = { id: 'named', type: 'markdown', content: '# yards\n\nNothing that is said of them.' } as const;
    const command = { id: 'command', type: 'markdown', content: '# A command of yards\n\nYards: a command.' } as const;
    await host.add([{ id: 'yard', type: 'markdown', content }, named, command], never, quiet);
    const firstOf = async (question: string, options: SearchOptions) => (await ask(question, options)).last.results[0];
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      expect((await firstOf('sailing()', { pipeline }))?.heading.at(-1)).toBe('sailing(*boats, crew=None)');
      expect((await firstOf('with clause', { pipeline }))?.heading.at(-1)).toBe('8.5. The with clause');
      expect((await firstOf('yards command', { pipeline }))?.title).toBe('yards');
      expect((await firstOf('sailing -crew', { pipeline }))?.heading.at(-1)).toMatch(/^Sailing \d/);
    }
    expect((await firstOf('sailing', { pipeline: 'lexical', fields: { heading: 0 } }))?.heading.at(-1)).toMatch(
      /^Sailing/,
    );
  });

  it('finds operators by their signs, in headings first, and marks them', async () => {
    const pages = [
      ['json', "# Reading\n\nThe operator `->>` gives a member as text: `data->>'name'`."],
      ['walrus', '# Names\n\n## :=\n\nA name is given a value on the way.'],
      ['other', '# Others\n\nAn operator is given two values. A member as text, `a -> b := c`.'],
    ] as const;
    await host.add(
      pages.map(([id, content]) => ({ id, type: 'markdown', content })),
      never,
      quiet,
    );
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      const { last, ids } = await ask('->>', { pipeline });
      expect(ids).toEqual(['json']);
      const { text, highlights } = last.results[0]?.excerpt ?? { text: '', highlights: [] };
      expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['->>', '->>']);
      expect((await ask(':=', { pipeline })).ids).toEqual(['walrus', 'other']);
      expect((await ask('operator ->>', { pipeline })).ids[0]).toBe('json');
    }
    expect((await ask('=>', {})).ids).toEqual([]);
  });

  it('leaves headings out of an excerpt, and no word or sentence that begins as they do', async () => {
    const many = 'A sentence of some eight words on storage. '.repeat(21);
    const content = `# Guide\n\n## Cache\n\nSums stay. ${many}\n\nCached responses are kept. ${many}\n\n## Notes\n\nNote this.`;
    await host.add([{ id: 'guide', type: 'markdown', content }], never, quiet);
    for (const [question, beginning] of [
      ['sums', /^Sums stay/],
      ['responses', /^Cached responses/],
      ['note', /^Note this/],
    ] as const) {
      const { last } = await ask(question, { pipeline: 'lexical', excerptLength: 4000 });
      expect(last.results[0]?.excerpt.text).toMatch(beginning);
    }
    await host.add([{ id: 'bare', type: 'markdown', content: '# Bare\n\n## Hull' }], never, quiet);
    expect((await ask('hull', { pipeline: 'lexical' })).last.results[0]?.excerpt.text).toBe('Hull');
  });

  it('answers nothing to signs alone', async () => {
    await host.add(SOURCES, never, quiet);
    for (const text of ['<=>', '->>', '//', ''])
      for (const pipeline of ['lexical', 'dense', 'hybrid', 'reranked'] as const)
        expect((await ask(text, { pipeline })).ids, `${text} ${pipeline}`).toEqual([]);
  });

  it('puts what holds the identifier that is asked for above what its words are like', async () => {
    const named = [
      { id: 'lines', type: 'text' as const, content: 'Take --no-oar for a ship that has sails and a mast and a keel.' },
      { id: 'oars', type: 'text' as const, content: 'No oar: an oar, no oar and an oar.' },
      { id: 'paddles', type: 'text' as const, content: 'No paddle, no oar.' },
    ];
    await host.add(named, never, quiet);
    for (const pipeline of ['hybrid', 'reranked'] as const) {
      const { answers } = await ask('--no-oar', { pipeline, blend: 0.5, fusion: { method: 'rrf', weights: [0, 1] } });
      const fused = answers.filter(({ stage }) => stage !== 'bm25');
      expect(fused.map(({ results }) => results[0]?.documentId)).toEqual(fused.map(() => 'lines'));
      const scores = fused.at(-1)?.results.map(({ score }) => score) ?? [];
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
    const spaced = await ask('no oar', { pipeline: 'hybrid', fusion: { method: 'rrf', weights: [0, 1] } });
    expect(spaced.ids[0]).not.toBe('lines');
  });

  it('marks a word that was found by its typo', async () => {
    await host.add(SOURCES, never, quiet);
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      const [first] = (await ask('watre', { pipeline })).last.results;
      const { text, highlights } = first?.excerpt ?? { text: '', highlights: [] };
      expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['water']);
    }
  });

  it('marks all that a word typed past its stem finds', async () => {
    const content = '# Masts\n\nA mast is configured once.';
    await host.add([...SOURCES, { id: 'masts', type: 'markdown', content }], never, quiet);
    const [first] = (await ask('mast configura', { pipeline: 'lexical', typing: true })).last.results;
    const { text, highlights } = first?.excerpt ?? { text: '', highlights: [] };
    expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['mast', 'configured']);
  });
});
