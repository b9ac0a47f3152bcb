import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';
import { splitPassages } from './passages.ts';

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
  it('keeps what follows self-closed tags', async () => {
    for (const tag of ['video src="a.mp4" controls', 'iframe src="x"', 'textarea', 'title', 'i aria-hidden="true"']) {
      expect((await read(`# T\n\n<${tag} />\n\n## A\n\nOne <${tag} /> two.`)).text).toBe('T\nA\nOne two.');
    }
  });
  it('reads Markdown after a self-closed tag whose text would be raw', async () => {
    for (const tag of ['script async src="x"', 'style', 'textarea', 'pre'])
      expect((await read(`<${tag} />\n\n## A\n\nOne *two*.\n\n\`\`\`html\n<${tag} />\n\`\`\``)).text).toBe(
        `A\nOne two.\n<${tag} />`,
      );
  });
  it('keeps what is named like furniture', async () => {
    const page = await read('## Header {#header}\n\na\n\n<div id="sidebar">\n\nb\n\n</div>\n\n## Nav {#nav}\n\nc');
    expect(page.text).toBe('Header\na\nb\nNav\nc');
  });
  it('keeps what is furniture in a page', async () => {
    const page = await read(
      '<header>Top</header>\n\n# T\n\nBefore.\n\n<aside>callout</aside>\n\nAfter.\n\n<footer>End</footer>',
    );
    expect(page.text).toBe('Top\nT\nBefore.\ncallout\nAfter.\nEnd');
  });
  it('keeps what only looks like a tag of MDX', async () => {
    const stripped = async (markdown: string) => (await read(markdown)).text;
    expect(await stripped('We need N<M here.\n\nA whole paragraph.\n\n> A quote.')).toBe(
      'We need N<M here.\nA whole paragraph.\nA quote.',
    );
    expect(await stripped('We need <M here.\n\nA paragraph > all.')).toBe('We need <M here.\nA paragraph > all.');
    expect(await stripped("If a <B don't run.\n> A quote")).toBe("If a <B don't run.\nA quote");
    expect(await stripped('If a <B\n> A quote')).toBe('If a <B\nA quote');
    expect(await stripped('x\n\n    Map<String, List<Integer>> m;\n\n    <Tab a={`b`}>c</Tab>\n')).toBe(
      'x\nMap<String, List<Integer>> m;\n\n<Tab a={`b`}>c</Tab>',
    );
    expect(await stripped('1. x\n\n       <Tab>{/* c */}</Tab>\n')).toBe('x\n<Tab>{/* c */}</Tab>');
    expect(await stripped('A Map<String, T> and x <T,U> y')).toBe('A Map<String, T> and x <T,U> y');
  });
  it('strips tags over several lines, in lists and inside components', async () => {
    const page = await read(
      '<Tabs\n  items={[1 > 0 ? "}" : `>`]}\n  title="a > b"\n>\n\n    <Tab name={x}>\n\nOne</Tab> two<Icon /> <B />\n\n</Tabs>\n\n- a\n\n    <Note x={1} />\n    b\n\nEnd <T.U x={`</T>`} {...y}>z</T.U>',
    );
    expect(page.text).toBe('One two\na\nb\nEnd z');
  });
  it.each([
    ['', '```js', '```'],
    ['', '~~~~', '~~~~'],
    ['  ', '````', '````'],
    ['- x\n\n  ', '```', '```'],
    ['- x\n\n  - y\n\n    ', '```', '```'],
    ['- ', '```', '```'],
    ['- x\n\n  1. ', '```', '```'],
  ])('keeps code together that is longer than a stretch %j', async (before, open, close) => {
    const indent = before.replace(/^.*\n/gs, '').replace(/\S/g, ' ');
    const code = Array.from({ length: 9_000 }, (_, at) => `# comment ${at}\n\n  <Call n={${at}} /> *a*`).join('\n');
    const indented = code.replace(/^(?=.)/gm, indent);
    const page = await read(
      `# T\n\n${before}${open}\n${indented}\n${indent}${close}\n\n## After\n\nSome *words*.\n\n## Last`,
    );
    expect(outline(page)).toEqual(['#t', 'After#after', 'Last#last']);
    expect(page.text.replace(/\s+/g, ' ')).toBe(
      `T ${before.replace(/(?:-|1\.) /g, '')}${code} After Some words. Last`.replace(/\s+/g, ' '),
    );
    expect(page.text).toContain('# comment 17\n\n  <Call n={17} /> *a*\n# comment 18\n');
    expect(page.sections.map(({ start, end }) => page.text.slice(start, end)).join('')).toBe(page.text);
    const passages = splitPassages(page);
    expect(passages.every(({ start, end, text }) => page.text.slice(start, end) === text)).toBe(true);
    expect(passages.map(({ text }) => text).join('')).toBe(page.text);
  });
  it.each(['1. ```bash', '- ```', '10) - ~~~ js', '- > ```', '> 1. ```'])(
    'reads code that opens after %j',
    async (open) => {
      const indent = open.replace(/[`~].*/, '').replace(/[^ >]/g, ' ');
      const fence = /([`~])\1+/.exec(open)?.[0] ?? '';
      const page = await read(
        `${open}\n${indent}import a from 'a';\n${indent}<Foo/>\n${indent}${fence}\n\n\`\`\`js\nimport b from 'b';\n<Bar/>\n\`\`\`\n\nEnd. <Foo/>`,
      );
      expect(page.text).toBe("import a from 'a';\n<Foo/>\nimport b from 'b';\n<Bar/>\nEnd.");
    },
  );
  it('finds the headings of a long page after code in a list', async () => {
    const sections = Array.from({ length: 80 }, (_, at) => `## Part ${at}\n\n${'Some words here. '.repeat(40)}\n`);
    const page = await read(`# T\n\n1. \`\`\`bash\n   run\n   \`\`\`\n\n${sections.join('\n')}`);
    expect(page.sections).toHaveLength(81);
  });
  it('keeps quoted code together that is longer than a stretch', async () => {
    const code = Array.from({ length: 4_000 }, (_, at) => `# comment ${at}\n\n  <Call n={${at}} /> *a*`).join('\n');
    const page = await read(`# T\n\n> \`\`\`js\n${code.replace(/^/gm, '> ')}\n> \`\`\`\n\n## After\n\nSome *words*.`);
    expect(outline(page)).toEqual(['#t', 'After#after']);
    expect(page.text.replace(/\s+/g, ' ')).toBe(`T ${code} After Some words.`.replace(/\s+/g, ' '));
  });
  it('ends quoted code with the quotation', async () => {
    expect((await read('> ```\n> <A/>\n\nOne <Foo/>two\n\n```\n<Bar/>\n```')).text).toBe('<A/>\nOne two\n<Bar/>');
  });
  it('reads HTML in capitals as HTML', async () => {
    const page = await read(
      '<A NAME="old"></A>\n## Cups\n\none<BR>two <FAQ/><B n={1}>three</B><A.X/>\n\n<SCRIPT>x</SCRIPT>',
    );
    expect(page.text).toBe('Cups\none\ntwo three');
    expect(outline(page)).toEqual(['#old']);
  });
  it('takes the marks of site generators out', async () => {
    expect((await read('[[toc]]\n\n::: tip Title\nHello.\n:::\n\n> [!NOTE]\n> Mind it.')).text).toBe(
      'Title\nHello.\nNOTE: Mind it.',
    );
  });
  it.each([
    ['::: warning Kubernetes needs *privileged*', 'Kubernetes needs privileged'],
    ['  :::: details Click me {open}', 'Click me'],
    ['::: tip Use {{ x }}', 'Use {{ x }}'],
    ['::: tip [Link](a.md)', 'Link'],
    [':::note[Your [new] title]{#id}', 'Your [new] title'],
    ['::: {.callout-tip title="Look ahead"}', 'Look ahead'],
    ['::: {.column width="40%"} :::', ''],
    ['::: code-group', ''],
    [':::moniker range=">= aspnetcore-8.0"', ''],
    [':::image source="a.png" alt-text="A":::', ''],
    [':::+ y', ':::+ y'],
  ])('keeps the title of a container %j', async (line, title) => {
    expect((await read(`Before.\n${line}\nHello.\n:::\nAfter.`)).text.replace(/\s+/g, ' ')).toBe(
      `Before. ${title} Hello. After.`.replace('  ', ' '),
    );
  });
  it('leaves the marks of site generators in code', async () => {
    const code = ':::+ y\n::: tip Title\n[[toc]]\n> [!NOTE]';
    expect((await read(`\`\`\`md\n${code}\n\`\`\`\n\n::: tip\nHello.\n:::`)).text).toBe(`${code}\nHello.`);
  });
  it('takes the title from the one main heading, else from the file', async () => {
    expect((await read('intro\n\n# Tea\n\n## Kinds')).title).toBe('Tea');
    expect((await read('intro\n\n## Kinds\n\n## Cups')).title).toBe('guide');
    const source = { id: 'packages/tea/README.md', type: 'markdown', content: '## Kinds\n\n## Cups' } as const;
    expect((await readDocument(source)).title).toBe('tea');
    // As `findling index` makes URLs of a folder of Markdown.
    for (const url of ['/packages/tea/README', '/packages/tea/readme', '/packages/tea/index'])
      expect((await readDocument({ ...source, id: url, url })).title).toBe('tea');
    expect((await readDocument({ ...source, id: '/packages/indexes' })).title).toBe('indexes');
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
    ['colons without end', `${':'.repeat(100_000)} tip ${'::: '.repeat(50_000)}${':'.repeat(100_000)}x`],
    ['attributes never closed', `::: a ${'{a="'.repeat(50_000)}`],
    ['an endless line', 'word '.repeat(400_000)],
    ['blank lines', `${'\n'.repeat(500_000)}x`],
    ['comments never closed', `x ${'{/*'.repeat(100_000)}`],
    ['tags never closed', '<A {'.repeat(100_000)],
    ['names of tags', '<Aa'.repeat(100_000)],
    ['tags never closed at their lines', ' <A\n'.repeat(50_000)],
    ['tags never closed in one line', '<A> '.repeat(100_000)],
    ['raw tags never closed', '<script'.repeat(100_000)],
    ['a fence never closed', `\`\`\`\n${'# x\n'.repeat(100_000)}`],
    ['exports never closed', 'export const x = {\n'.repeat(20_000)],
  ];
  it.each(cases)('reads %s', async (_, markdown) => {
    const start = performance.now();
    expect((await read(markdown)).text.length).toBeLessThanOrEqual(markdown.length);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
