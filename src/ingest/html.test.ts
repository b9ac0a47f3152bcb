import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';

const read = (content: string | Uint8Array): Promise<Document> =>
  readDocument({ id: 'page.html', type: 'html', content });
const text = async (html: string): Promise<string> => (await read(html)).text;
const outline = ({ sections }: Document): readonly string[] =>
  sections.map((section) => `${section.heading.join(' › ')}#${section.anchor}`);

describe('reading HTML: text', () => {
  it('resolves entities and collapses white space', async () => {
    expect(await text('<p>Fish &amp;\n   chips&nbsp;&mdash; 5&nbsp;&#8364;&#x21;</p>')).toBe('Fish & chips — 5 €!');
  });
  it('keeps words of inline elements together and blocks apart', async () => {
    expect(await text('<p>un<b>believ</b>able <i>yes</i> </p><p>Next</p>one<br>two<ul><li>a<li>b</ul>')).toBe(
      'unbelievable yes\nNext\none\ntwo\na\nb',
    );
  });
  it('takes the end of a paragraph that none began for a break', async () => {
    expect(await text('<p>See <ul><li>one<li>two</ul>three</p>four')).toBe('See\none\ntwo\nthree\nfour');
    expect(await text('<nav>one</p>two</nav>a')).toBe('a');
  });
  it('separates cells by tabs and rows by lines', async () => {
    expect(await text('<table><tr><th>Name<th>Size<tr><td>a</td> <td>1</td></tr></table>after')).toBe(
      'Name\tSize\na\t1\nafter',
    );
  });
  it('keeps lines and indentation of preformatted text', async () => {
    expect(await text('<p>x</p><pre>\n<span>if a:</span>\n    <b>b</b>\n\n</pre><p>y  z')).toBe('x\nif a:\n    b\ny z');
  });
  it('leaves out what is no text', async () => {
    const html =
      'a<script>let x = "</p>";</script><style>p{}</style><template>t</template><noscript>n</noscript>' +
      '<svg><title>s</title></svg><div hidden>h</div><p aria-hidden="true">i<p>b<span style="display: none">j</span>' +
      '<select><option>o</select><span class="x sr-only">k</span><!-- c -->';
    expect(await text(html)).toBe('a\nb');
  });
  it('keeps what can be found in the page', async () => {
    expect(await text('<div hidden="until-found">folded</div>')).toBe('folded');
  });
  it('keeps the panels of tabs, however they are hidden', async () => {
    for (const hiding of ['hidden', 'hidden=""', 'aria-hidden="true"', 'style="display:none"'])
      expect(
        await text(`<main><div role="tabpanel">npm i x</div><div role="tabpanel" ${hiding}>pnpm add x</div></main>`),
      ).toBe('npm i x\npnpm add x');
    expect(await text('a<div role="tabpanel" hidden data-findling-ignore>b</div>')).toBe('a');
  });
  it('reads the signs of a formula, and not its source too', async () => {
    const mathml =
      '<math><semantics><mrow><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></mrow>' +
      '<annotation encoding="application/x-tex">E=mc^2</annotation><annotation-xml>F</annotation-xml></semantics></math>';
    const katex = `<span class="katex-mathml">${mathml}</span><span class="katex-html" aria-hidden="true">E=mc2</span>`;
    expect(await text(`<p>So <span class="katex">${katex}</span> holds.`)).toBe('So E=mc2 holds.');
  });
  it('takes soft hyphens, zero-width spaces and control characters off', async () => {
    expect(await text('<p>Donau\u00addampf\u200bschiff\u0007')).toBe('Donaudampfschiff');
  });
  it('reads hostile markup as text', async () => {
    expect(await text('<p>&lt;img src=x onerror=alert(1)&gt;<img src=x onerror=alert(1)>')).toBe(
      '<img src=x onerror=alert(1)>',
    );
  });
});

describe('reading HTML: self-closed tags', () => {
  it('takes no notice of the slash, as HTML does', async () => {
    expect(await text('<p>a<b hidden/>b</b>c')).toBe('ac');
    expect(await text('<p>a</p><script src="x.js" />b</script>c')).toBe('a\nc');
  });
  it('ends the element in XHTML', async () => {
    for (const start of [
      '<?xml version="1.0" encoding="utf-8"?>\n',
      '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">',
    ])
      expect(await text(`${start}<html><head><title/><script src="x.js"/></head><p>a<b hidden="hidden"/>b</p>c`)).toBe(
        'ab\nc',
      );
  });
  it('ends foreign elements', async () => {
    expect(await text('<p>a<svg/>b<svg><path/></svg>c')).toBe('abc');
  });
});

describe('reading HTML: the main content', () => {
  const furniture = '<nav>nav</nav><header>head</header><aside>side</aside>';
  it('is the marked body, before anything else', async () => {
    expect(await text(`${furniture}<main>main <div data-findling-body>mine<nav>n</nav></div></main>`)).toBe('mine');
  });
  it('is <main> or its role', async () => {
    expect(await text(`${furniture}<main><header><h1>T</h1></header>main<aside>note</aside></main>rest`)).toBe(
      'T\nmain\nnote',
    );
    expect(await text(`${furniture}<div role="main">main</div>rest`)).toBe('main');
  });
  it('is the articles where there is no <main>', async () => {
    expect(await text(`${furniture}<article>one</article><article>two</article>rest`)).toBe('one\ntwo');
  });
  it('is the body where the articles stand beside it', async () => {
    const post = '<div><h1>Real</h1><p>Body of the post</div>';
    const comment = '<article class="comment"><header>Ann</header>nice<footer>reply</footer></article>';
    expect(await text(`${furniture}${post}${comment.repeat(2)}`)).toBe('Real\nBody of the post\nAnn\nnice\nAnn\nnice');
    expect(await text(`${furniture}<h2>Real</h2><p>Body of the post</p><article>nice</article>`)).toBe(
      'Real\nBody of the post\nnice',
    );
  });
  it('is the body where its heading stands above the articles', async () => {
    const post = (name: string) => `<article><header><h2>${name}</h2></header>Some words of it.</article>`;
    expect(await text(`${furniture}<h1>Blog</h1><p>Intro</p>${post('One')}${post('Two')}`)).toBe(
      'Blog\nIntro\nOne\nSome words of it.\nTwo\nSome words of it.',
    );
  });
  it('is the article that holds the heading of the page, however short', async () => {
    expect(await text(`<article><header><h1>T</h1></header>x</article><div>${'link '.repeat(20)}</div>`)).toBe('T\nx');
  });
  it('is the body without the furniture of the site otherwise', async () => {
    expect(
      await text(
        `${furniture}body<footer>foot</footer><div role="navigation">r</div><div class="sphinxsidebar">s</div>` +
          '<div class="related">r</div><div class="navheader">h</div><div class="contents local topic">c</div>',
      ),
    ).toBe('body');
  });
  it('keeps headings and sections that are named like furniture', async () => {
    const html =
      '<div id="header">no</div><h1 id="header">Header</h1><section id="navigation">a<h2>Navigation</h2></section>' +
      '<div class="section" id="sidebar">b</div><dl><dt id="footer">footer<dd>c</dl><ul id="nav"><li>no</ul>';
    expect(await text(html)).toBe('Header\na\nNavigation\nb\nfooter\nc');
  });
  it('is sought on where the first place is empty', async () => {
    expect(await text('<!-- <main> --><main></main><p>here')).toBe('here');
    expect(await text('<nav>only links</nav>')).toBe('only links');
  });
  it('leaves out what data-findling-ignore marks', async () => {
    expect(await text('<main>a<div data-findling-ignore>b<p>c</div>d</main>')).toBe('a\nd');
  });
  it('does not swallow the page after an unclosed dropped element', async () => {
    expect(await text('<main><div><nav>n</div>a</main>')).toBe('a');
  });
});

describe('reading HTML: sections', () => {
  it('nests headings; their words begin their sections', async () => {
    const page = await read('<h1>T</h1>i<h2 id=a>A</h2>x<h3 id=b>B</h3>y<h2 id=c>C</h2>z');
    expect(outline(page)).toEqual(['#', 'A#a', 'A › B#b', 'C#c']);
    expect(page.title).toBe('T');
    expect(page.sections.map(({ start, end }) => page.text.slice(start, end))).toEqual([
      'T\ni\n',
      'A\nx\n',
      'B\ny\n',
      'C\nz',
    ]);
  });
  it('finds the anchor in the heading, in its section, or just before it', async () => {
    const html =
      '<h2 id=own>1</h2>a<section id=outer><h2>2</h2>b</section><a name=before></a><h2>3</h2>c' +
      '<h2><a id=inner></a>4</h2>d<h2>5</h2>e<h3>6</h3>';
    expect(outline(await read(html))).toEqual(['1#own', '2#outer', '3#before', '4#inner', '5#', '5 › 6#']);
  });
  it('gives a heading without an anchor the one above it', async () => {
    expect(outline(await read('<h1>T</h1><h2 id=a>A</h2>x<h3>B</h3>y')).at(-1)).toBe('A › B#a');
  });
  it('reads the button around the words of a heading, and no other', async () => {
    const html =
      '<h2 id=q><button aria-expanded="false"><span>How do I <b>cancel</b>?</span><div>Soon</div></button></h2>Here.' +
      '<button>Buy</button><h2>Two <button>#</button><button>Copy link</button><button hidden>x</button></h2>End.';
    const page = await read(html);
    expect(outline(page)).toEqual(['How do I cancel? Soon#q', 'Two#']);
    expect(page.text).toBe('How do I cancel? Soon\nHere.\nTwo\nEnd.');
  });
  it('drops the mark of a link to the heading, and keeps a link around its words', async () => {
    const html =
      '<h2>One<a class="headerlink" href="#1">¶</a></h2>x<h2><a class="header-anchor" href="#2">Two</a></h2>y<h2># Three</h2>';
    expect((await read(html)).sections.map((section) => section.heading)).toEqual([['One'], ['Two'], ['Three']]);
  });
  it('keeps the words of a heading that begins like such a mark', async () => {
    const page = await read(
      '<h2 id=permalinks><a class="header-anchor">Permalinks</a></h2>x<h2 id=ap><a class=anchor><b>Anchor</b> positioning</a></h2>y' +
        '<h2>Real <a class=anchor>Permalink to Real</a></h2>z<h2><a class=anchor>#</a></h2>w',
    );
    expect(outline(page)).toEqual(['Permalinks#permalinks', 'Anchor positioning#ap', 'Real#']);
    expect(page.text).toBe('Permalinks\nx\nAnchor positioning\ny\nReal\nz\nw');
  });
  it('makes sections of definitions that can be linked to, and returns to the heading above', async () => {
    const html =
      '<h1>T</h1><h2 id=q>Queue</h2><dl><dt id=Queue>class Queue(<i>maxsize=0</i>)<a class=headerlink>¶</a><dd>A queue.' +
      '<dl><dt id=get>get()<dd>Takes one.</dl></dd></dl><p>More.<dl><dt>plain<dd>list</dl>';
    const page = await read(html);
    expect(outline(page)).toEqual([
      '#',
      'Queue#q',
      'Queue › class Queue()#Queue',
      'Queue › class Queue() › get()#get',
      'Queue#q',
    ]);
    expect(page.text).toContain('class Queue(maxsize=0)\nA queue.');
  });
  it('does not let the title of a note head what follows it', async () => {
    const page = await read('<h1>T</h1><h2 id=a>A</h2>x<div class="warning"><h3>Warning</h3>hot</div>y');
    expect(outline(page)).toEqual(['#', 'A#a']);
    expect(page.text).toBe('T\nA\nx\nWarning\nhot\ny');
  });
  it('takes no container of the page for a note', async () => {
    for (const open of [
      '<body class="home sidebar">',
      '<main class="note">',
      '<article class="note">',
      '<div role="main" class="tip">',
      '<aside data-findling-body>',
    ])
      expect(outline(await read(`${open}<h2 id=a>A</h2>x<h2 id=b>B</h2>y`))).toEqual(['A#a', 'B#b']);
  });
  it('ends a heading with the end tag of another level, and with the next heading', async () => {
    expect(outline(await read('<h2 id=a>A</h3><p>x<h2 id=b>B</h2>y'))).toEqual(['A#a', 'B#b']);
    expect(outline(await read('<h2 id=a>A<h2 id=b>B</h2>y'))).toEqual(['A#a', 'B#b']);
    expect(outline(await read('<h1>T</h1><div><h2 id=a>A<div>B</h2></div>x'))).toEqual(['#', 'A B#a']);
  });
  it('ends what an element without content asks for at once', async () => {
    for (const element of ['<img class="tip">', '<hr class="note">', '<img data-findling-weight="0">']) {
      const page = await read(`<h1>T</h1>${element}<h2 id=a>A</h2>x`);
      expect(outline(page)).toEqual(['#', 'A#a']);
      expect(page.sections.map(({ weight }) => weight)).toEqual([1, 1]);
    }
  });
  it('gives sections their weight, and splits at its changes', async () => {
    const page = await read(
      '<h2>A</h2>x<div data-findling-weight="2">y<b data-findling-weight="0.5">z</b></div>w<p data-findling-weight="no">v',
    );
    expect(page.sections.map(({ start, end, weight }) => [page.text.slice(start, end).trim(), weight])).toEqual([
      ['A\nx', 1],
      ['y', 2],
      ['z', 0.5],
      ['w\nv', 1],
    ]);
  });
  it('weighs a heading with its section', async () => {
    const page = await read('<section data-findling-weight="3"><h2>A</h2>x</section>');
    expect(page.sections.map((section) => section.weight)).toEqual([3]);
  });
});

describe('reading HTML: title and language', () => {
  it('takes the one main heading, else <title>, else the first heading, else the address', async () => {
    expect((await read('<title>T | Site</title><h1>T</h1>')).title).toBe('T');
    expect((await read('<title>T &amp; S</title><h1>A</h1><h1>B</h1>')).title).toBe('T & S');
    expect((await read('<h2>First</h2>x')).title).toBe('First');
    const source = { id: 'x', url: '/docs/my%20topic/index.html', type: 'html', content: 'x' } as const;
    expect((await readDocument(source)).title).toBe('my topic');
    expect((await readDocument({ ...source, title: 'Given' })).title).toBe('Given');
  });
  it('reads the language of the page, else of its script', async () => {
    expect((await read('<html lang="de-AT"><p>x')).language).toBe('de');
    expect((await read('<p>日本語の文章です。')).language).toBe('ja');
    expect((await read('<p>x')).language).toBe('en');
    expect((await readDocument({ id: 'x', type: 'html', content: 'x', language: 'fr-CA' })).language).toBe('fr');
  });
});

describe('reading HTML: hostile pages', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['nesting never closed', `${'<div><b>'.repeat(100_000)}x`, 'x'],
    ['a million end tags without a start', `${'<div>'.repeat(100_000)}x${'</span>'.repeat(300_000)}`, 'x'],
    ['headings in headings', `${'<h1>'.repeat(100_000)}x`, 'x'],
    ['lists in lists', `${'<ul><li>'.repeat(100_000)}x`, 'x'],
    ['nothing but tag openers', '<'.repeat(300_000), '<'.repeat(300_000)],
    ['blank preformatted spans', `<pre>${'<i> </i>\n'.repeat(100_000)}`, ''],
    ['comments in comments', `x${'<!--'.repeat(100_000)}`, 'x'],
  ];
  it.each(cases)('reads %s', async (_, html, expected) => {
    const start = performance.now();
    const page = await read(html);
    expect(page.text === expected).toBe(true);
    // Ten times what a slow machine needs, and far below what a search of the stack at each tag would take.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
  it('keeps heading paths short in definitions nested without end', async () => {
    const page = await read('<dl><dt id=a>x<dd>'.repeat(5_000));
    expect(Math.max(...page.sections.map((section) => section.heading.length))).toBeLessThanOrEqual(10);
  });
});
