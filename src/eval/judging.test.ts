import { describe, expect, it } from 'vitest';
import { type Document, documentId } from '../core/document.ts';
import { questionsFrom } from './judging.ts';

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

  it('takes a link to a page for one to its first section', () => {
    const page = document('page', [
      { heading: ['Baking'], anchor: 'baking', text: `Baking\n${filler('bake')}\n` },
      { heading: ['Ovens'], anchor: 'ovens', text: `Ovens\n${filler('oven')}\n` },
    ]);
    const link = { from: 'guide', text: 'bread of our own', to: 'page', fragment: '' };
    const { queries, qrels } = questionsFrom([guide, page], [link], { name: 'x' });
    const asked = queries.find(({ text }) => text === 'bread of our own');
    expect([...(qrels.get(asked?.id ?? '')?.keys() ?? [])]).toEqual(['page#baking']);
  });

  it('takes no words out of the middle of others', () => {
    const text = `API key (new)\nThe API keyboard and the API key (new) of (new) ${filler('key')}`;
    const keys = document('keys', [{ heading: ['API key (new)'], anchor: 'a', text }]);
    const [whole] = questionsFrom([keys], [], { name: 'x' }).documents;
    expect(whole?.text).toMatch(/^The API keyboard and the {2}of \(new\) key0/);
    const link = { from: 'keys', text: 'API key', to: 'guide', fragment: 'limits' };
    const [linked] = questionsFrom([keys, guide], [link], { name: 'x' }).documents;
    expect(linked?.text).toContain('The API keyboard and');
  });

  it('is the same for the same seed and obeys its limit', () => {
    const once = questionsFrom([guide, faq], [], { name: 'x', limit: 2, seed: 4 });
    expect(once).toEqual(questionsFrom([guide, faq], [], { name: 'x', limit: 2, seed: 4 }));
    expect(once.queries).toHaveLength(2);
  });
});
