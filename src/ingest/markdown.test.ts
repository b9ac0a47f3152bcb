import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';

const read = (content: string): Promise<Document> => readDocument({ id: 'guide.md', type: 'markdown', content });
const outline = ({ sections }: Document): readonly string[] =>
  sections.map((section) => `${section.heading.join(' › ')}#${section.anchor}`);

describe('reading Markdown', () => {
  it('reads headings, lists, code, tables, links and emphasis to text', async () => {
    const page = await read(
      '# Tea\n\nSome *green* [tea](x.md "t") ![pic](y.png)\nwraps &amp; `a < b`.\n\n- one\n- two\n\n```js\nif (a) {\n  b();\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
    );
    expect(page.text).toBe('Tea\nSome green tea wraps & a < b.\none\ntwo\nif (a) {\n  b();\n}\na\tb\n1\t2');
    expect(page.title).toBe('Tea');
  });
  it('makes the anchors that GitHub makes', async () => {
    const page = await read(
      "# T\n## What's new?\n## `a.b()` & c\n## What's new?\n## Über *uns*\n## 日本語\n## Own {#named-1}\n",
    );
    expect(outline(page).slice(1)).toEqual([
      "What's new?#whats-new",
      'a.b() & c#ab--c',
      "What's new?#whats-new-1",
      'Über uns#über-uns',
      '日本語#日本語',
      'Own#named-1',
    ]);
  });
  it('reads front matter', async () => {
    const page = await read(
      '---\ntitle: "Tea: a guide"\ndescription: All of it.\nlang: en-GB\ntags: [a, b]\n---\n# Tea\nx',
    );
    expect(page).toMatchObject({ title: 'Tea: a guide', language: 'en', text: 'All of it.\nTea\nx' });
  });
  it('leaves broken front matter out, and keeps a text between rules', async () => {
    expect((await read('---\ntitle: [a\n---\n# Tea')).text).toBe('Tea');
    expect((await read('---\n\nHello there.\n\n---\n\nx')).text).toBe('Hello there.\nx');
  });
  it('does not unfold aliases of front matter', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
      .join('\n')}`;
    expect((await read(`---\n${bomb}\n---\nx`)).text).toBe('x');
  });
  it('reads the HTML inside, attributes of ours included', async () => {
    const page = await read(
      '<h1 align="center">Tea</h1>\n\n<div data-findling-ignore>\n\n*hidden*\n\n</div>\n\n<details><summary>More</summary>\n\n## Kinds\n\n</details>\n\n<a name="old"></a>\n## Cups\n\n<script>x</script>y',
    );
    expect(page.text).toBe('Tea\nMore\nKinds\nCups\ny');
    expect(outline(page)).toEqual(['#tea', 'Kinds#kinds', 'Cups#old']);
  });
  it('strips MDX', async () => {
    const page = await read(
      "import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from 'b';\n\nexport const size = {\n  a: 1,\n};\n\n# Tea\n\n{/* a\ncomment */}\n<Tabs items={['x']}>\n\nBrew it.\n\n</Tabs>\n\nimport duties apply.\n\n```js\nimport x from 'y'; {/* z */}\n```\n",
    );
    expect(page.text).toBe("Tea\nBrew it.\nimport duties apply.\nimport x from 'y'; {/* z */}");
  });
  it('takes the marks of site generators out', async () => {
    expect((await read('[[toc]]\n\n::: tip Title\nHello.\n:::\n\n> [!NOTE]\n> Mind it.')).text).toBe(
      'Hello.\nNOTE: Mind it.',
    );
  });
  it('takes the title from the one main heading, else from the file', async () => {
    expect((await read('intro\n\n# Tea\n\n## Kinds')).title).toBe('Tea');
    expect((await read('intro\n\n## Kinds\n\n## Cups')).title).toBe('guide');
    const source = { id: 'packages/tea/README.md', type: 'markdown', content: '## Kinds\n\n## Cups' } as const;
    expect((await readDocument(source)).title).toBe('tea');
  });
  it('resolves links whose definitions stand far away', async () => {
    expect((await read(`See [the *guide*][g].\n\n${'Some words. \n\n'.repeat(8_000)}[g]: guide.md\n`)).text).toMatch(
      /^See the guide\.\n/,
    );
  });

  const cases: readonly (readonly [string, string])[] = [
    ['quotes in quotes', `${'>'.repeat(30_000)} x`],
    ['lists in lists', `${'- '.repeat(30_000)}x`],
    ['indented lists', Array.from({ length: 1_500 }, (_, depth) => `${' '.repeat(depth)}- x`).join('\n')],
    ['emphasis never closed', '*a '.repeat(100_000)],
    ['brackets never closed', '[a]('.repeat(100_000)],
    ['back-ticks of every length', Array.from({ length: 1_000 }, (_, length) => '`'.repeat(length)).join(' x ')],
    ['an endless table', `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(40_000)}`],
    ['an endless line', 'word '.repeat(400_000)],
    ['blank lines', `${'\n'.repeat(500_000)}x`],
    ['comments never closed', `x ${'{/*'.repeat(100_000)}`],
    ['exports never closed', 'export const x = {\n'.repeat(20_000)],
  ];
  it.each(cases)('reads %s', async (_, markdown) => {
    const start = performance.now();
    expect((await read(markdown)).text.length).toBeLessThanOrEqual(markdown.length);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
