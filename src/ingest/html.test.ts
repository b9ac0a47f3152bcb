import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';

const read = (content: string | Uint8Array): Promise<Document> =>
  readDocument({ id: 'page.html', type: 'html', content });
const text = async (html: string): Promise<string> => (await read(html)).text;

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
  it('breaks the line between codes that share a block', async () => {
    expect(
      await text(
        '<pre><code class="language-js mjs">import a</code><code class="language-js cjs">const a</code></pre>' +
          '<pre>x(<code>a</code><code>b</code>)</pre><p><code class="language-js">c</code><code class="language-js">d</code>',
      ),
    ).toBe('import a\nconst a\nx(ab)\ncd');
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
  it('reads pages that scripts show, roots of components, and what follows a drawing never closed', async () => {
    const article = '<main><h1>Tides</h1><p>Twice a day.</p></main>';
    const all = 'Tides\nTwice a day.';
    expect(await text(`<body hidden>${article}`)).toBe(all);
    expect(await text(`<html style="display: none"><body style="display:none">${article}`)).toBe(all);
    expect(await text(`<div id="root" aria-hidden="true">${article}</div><div role="dialog">Cookies?</div>`)).toBe(all);
    expect(await text(`<docs-page><template shadowrootmode="open">${article}</template></docs-page>`)).toBe(all);
    expect(await text('<main><h1>Tides</h1><svg><path d="M0 0"/><p>Twice a day.</main>')).toBe(all);
    const drawn = '<svg><foreignObject><p>Label</p></foreignObject><title>Sea</title></svg>';
    expect(await text(`<main><h1>Tides</h1>${drawn}<p>Twice a day.</main>`)).toBe(all);
    expect(await text('<main><p>Seen<template><p>Not</p></template><div aria-hidden="true">Not</div></main>')).toBe(
      'Seen',
    );
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
  it("leaves out Sphinx's table of contents, and keeps the chapters that stand in its place on a single page", async () => {
    const list =
      '<p class="caption" role="heading"><span>Contents:</span></p><ul><li class="toctree-l1"><a>One</a><ul><li>1.1</ul></ul>';
    expect(await text(`<main><h1>T</h1>a<div class="toctree-wrapper compound">${list}</div>b</main>`)).toBe('T\na\nb');
    const chapter = '<span id="document-one"></span><section id="one"><h2>One</h2><p>Words.</p></section>';
    expect(await text(`<main><h1>T</h1><div class="toctree-wrapper compound">${chapter}</div>b</main>`)).toBe(
      'T\nOne\nWords.\nb',
    );
  });
  it('leaves out what data-findling-ignore marks', async () => {
    expect(await text('<main>a<div data-findling-ignore>b<p>c</div>d</main>')).toBe('a\nd');
  });
  it('does not swallow the page after an unclosed dropped element', async () => {
    expect(await text('<main><div><nav>n</div>a</main>')).toBe('a');
  });
});

describe('reading HTML: pages that only lead to others', () => {
  const page = (body: string) => text(`<nav>Home</nav><div role="main">${body}</div><p>rest`);
  it('reads nothing of a generated index', async () => {
    const table = '<table class="indextable"><tr><td><a>iadd() (in module operator)</a></table>';
    const jumps = '<div class="genindex-jumpbox"><a>A</a> | <a>B</a></div>';
    const modules =
      '<div class="modindex-jumpbox"><a>a</a></div><table class="indextable modindextable"><tr><td>x</table>';
    expect(await page(`<h1 id="index">Index – I</h1>${table}`)).toBe('');
    expect(await page(`<h1>Index</h1><p>Index pages by letter:</p>${jumps}`)).toBe('');
    expect(await page(`<h1>Python Module Index</h1>${modules}`)).toBe('');
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `<a>${letter}</a>`).join(' | ');
    expect(
      await text(
        `<body><h1>Index</h1><p>Symbols | ${letters}</p><div class="indexdiv"><h3>A</h3><dl><dt id=i>abs</dl></div>`,
      ),
    ).toBe('');
  });
  it("leaves out Texinfo's indexes and the links between its pages", async () => {
    const jump = '<table><tr><th>Jump to:</th><td><a>A</a> <a>C</a></td></tr></table>';
    const entries = '<tr><td><a>ffi_call</a>:<td>The Basics';
    const nav = '<div class="nav-panel"><p>Next: <a>Chapter</a></p></div>';
    expect(await text(`${nav}<h2>Index</h2>${jump}<table class="index-cp">${entries}</table>`)).toBe('');
    expect(
      await text(`<h2>Index</h2><div class="printindex cp-printindex">${jump}<table>${entries}</table></div>`),
    ).toBe('');
    expect(await text(`${nav}<h2>The Basics</h2><p>Calls a function.</p>`)).toBe('The Basics\nCalls a function.');
  });
  it('reads nothing of the search page', async () => {
    const hint = '<p>Searching for multiple words only shows matches that contain all words.</p>';
    expect(await page(`<h1 id="search-documentation">Search</h1>${hint}<div id="search-results"></div>`)).toBe('');
    expect(await page('<noscript>Please</noscript><div id="search-results"></div>')).toBe('');
  });
  it('reads what has text of its own beside the index, and short pages as they are', async () => {
    const words =
      'Some words on the modules of this package that are worth being found by all those who look for one of them.';
    expect(await page(`<h1>T</h1><p>${words}</p><table class="indextable"><tr><td>x</table>`)).toBe(`T\n${words}`);
    expect(await page('<h1>Part II</h1><div class="toc">1. One</div><p>Links')).toBe('Part II\nLinks');
    expect(
      await text('<main><h1>T</h1>Short.</main><div id="search-results"></div><div class="indexdiv">x</div>'),
    ).toBe('T\nShort.');
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
  it('takes the name of the site off <title> where several headings are main ones', async () => {
    const headings = '<h1>The Queue</h1>a<h1>More</h1>b';
    for (const separator of [' - ', ' — ', ' – ', ' | ', ' · ', ' :: '])
      expect((await read(`<title>The Queue${separator}Docs 3.11</title>${headings}`)).title).toBe('The Queue');
    for (const title of ['The Queue of X | Docs', 'The Queue-based way', 'Docs | The Queue'])
      expect((await read(`<title>${title}</title>${headings}`)).title).toBe(title);
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
