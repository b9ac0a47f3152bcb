import { describe, expect, it } from 'vitest';
import { type Document, documentId } from '../core/document.ts';
import { linksIn, questionsFrom } from './judging.ts';

const filler = (topic: string) => Array.from({ length: 20 }, (_, index) => `${topic}${index}`).join(' ');

function document(
  id: string,
  parts: readonly { readonly heading: readonly string[]; readonly anchor: string; readonly text: string }[],
): Document {
  const text = parts.map((part) => part.text).join('');
  const sections = parts.map((part, index) => {
    const start = parts.slice(0, index).reduce((sum, each) => sum + each.text.length, 0);
    return { start, end: start + part.text.length, heading: part.heading, anchor: part.anchor, weight: 1 };
  });
  return { id: documentId(id), url: id, title: `Page ${id}`, language: 'en', text, sections };
}

const guide = document('guide', [
  { heading: [], anchor: '', text: `Start. ${filler('intro')} see tuning the cache well.\n` },
  { heading: ['Setting cookie limits'], anchor: 'limits', text: `Setting cookie limits\n${filler('cookie')}\n` },
  { heading: ['Short one'], anchor: 'short', text: 'Short one\nToo short.\n' },
]);
const faq = document('faq', [
  { heading: ['Why is it slow?'], anchor: 'slow', text: `Why is it slow?\n${filler('speed')}\n` },
  { heading: ['Notes'], anchor: 'notes', text: `Notes\nQ: Can I use it offline at home?\nA: ${filler('offline')}\n` },
]);

describe('questions from documents', () => {
  const set = questionsFrom(
    [guide, faq],
    [
      { from: 'guide', text: 'tuning the cache well', to: 'faq', fragment: 'slow' },
      { from: 'guide', text: 'here', to: 'faq', fragment: 'slow' },
      { from: 'guide', text: 'nowhere at all', to: 'gone', fragment: '' },
    ],
    { name: 'x' },
  );
  const target = (text: string) => {
    const query = set.queries.find((each) => each.text === text);
    return query === undefined
      ? undefined
      : { segment: query.segment, sections: [...(set.qrels.get(query.id)?.keys() ?? [])] };
  };

  it('takes headings, FAQs and link anchors, and nothing that says nothing', () => {
    expect(target('Setting cookie limits')).toEqual({ segment: 'heading', sections: ['guide#limits'] });
    expect(target('Why is it slow?')).toEqual({ segment: 'faq', sections: ['faq#slow'] });
    expect(target('Can I use it offline at home?')).toEqual({ segment: 'faq', sections: ['faq#notes'] });
    expect(target('tuning the cache well')).toEqual({ segment: 'anchor', sections: ['faq#slow'] });
    expect(set.queries).toHaveLength(4);
  });

  it('holds the words out of the passages, and keeps every section as a document', () => {
    const everything = set.documents.map(({ title, text }) => `${title}\n${text}`).join('\n');
    for (const { text } of set.queries) expect(everything).not.toContain(text);
    expect(set.documents.map(({ id }) => id)).toEqual([
      'guide',
      'guide#limits',
      'guide#short',
      'faq#slow',
      'faq#notes',
    ]);
    expect(everything).toContain('Short one');
    expect(everything).toContain('speed7');
  });

  it('drops words that could mean several sections', () => {
    const twin = document('twin', [
      { heading: ['Setting cookie limits'], anchor: 'x', text: `Setting cookie limits\n${filler('twin')}` },
    ]);
    expect(questionsFrom([guide, faq, twin], [], { name: 'x' }).queries.map(({ text }) => text)).not.toContain(
      'Setting cookie limits',
    );
    expect(() =>
      questionsFrom([document('none', [{ heading: [], anchor: '', text: 'nothing' }])], [], { name: 'x' }),
    ).toThrow('No heading');
  });

  it('is the same for the same seed and obeys its limit', () => {
    const once = questionsFrom([guide, faq], [], { name: 'x', limit: 2, seed: 4 });
    expect(once).toEqual(questionsFrom([guide, faq], [], { name: 'x', limit: 2, seed: 4 }));
    expect(once.queries).toHaveLength(2);
  });
});

describe('links in source', () => {
  it('finds Markdown and HTML links, not images', () => {
    const source =
      'See [the `cache` guide](./cache.md#size "t") and ![pic](x.png). <a class="y" href="/faq.html#a">Slow <b>pages</b> &amp; more</a>';
    expect(linksIn(source)).toEqual([
      { text: 'the cache guide', href: './cache.md#size' },
      { text: 'Slow pages & more', href: '/faq.html#a' },
    ]);
  });

  it('stays fast on hostile text', () => {
    const hostile = `${'['.repeat(50_000)}${'<a href='.repeat(20_000)}${'](x '.repeat(20_000)}`;
    const start = performance.now();
    linksIn(hostile);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
