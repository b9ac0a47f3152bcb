import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';

const read = (content: string): Promise<Document> => readDocument({ id: 'page.html', type: 'html', content });
const outline = ({ sections }: Document): readonly string[] =>
  sections.map((section) => `${section.heading.join(' › ')}#${section.anchor}`);

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
  it("gives a section's first heading the section's anchor, though words stand before it", async () => {
    const page = await read(
      '<h1>T</h1><h2 id=i>Implementations</h2><section id=new><span>1.0.0 · Source</span><h4>fn new()</h4></section>a' +
        '<section id=out><p>b</p><section id=in><i>Source</i><h4>fn in()</h4></section><h4>fn out()</h4>c<h4>fn more()</h4></section>',
    );
    expect(outline(page)).toEqual([
      '#',
      'Implementations#i',
      'Implementations › fn new()#new',
      'Implementations › fn in()#in',
      'Implementations › fn out()#i',
      'Implementations › fn more()#i',
    ]);
  });
  it('gives a heading without an anchor the one above it', async () => {
    expect(outline(await read('<h1>T</h1><h2 id=a>A</h2>x<h3>B</h3>y')).at(-1)).toBe('A › B#a');
  });
  it('reads the button around the words of a heading, and no other', async () => {
    const html =
      '<h2 id=q><button aria-expanded="false"><span>How do I <b>cancel</b>?</span><div>Soon</div></button></h2>Here.' +
      '<button>Buy</button><h2>Two <button>#</button><button>Copy link</button><button>Copy item path</button><button hidden>x</button></h2>End.';
    const page = await read(html);
    expect(outline(page)).toEqual(['How do I cancel? Soon#q', 'Two#']);
    expect(page.text).toBe('How do I cancel? Soon\nHere.\nTwo\nEnd.');
  });
  it('drops the mark of a link to the heading, and keeps a link around its words', async () => {
    const html =
      '<h2>One<a class="headerlink" href="#1">¶</a></h2>x<h2><a class="header-anchor" href="#2">Two</a></h2>y<h2># Three</h2>';
    expect((await read(html)).sections.map((section) => section.heading)).toEqual([['One'], ['Two'], ['Three']]);
  });
  it('drops such a mark that touches the words, whatever the class of its link', async () => {
    const page = await read(
      '<h2>One<span><a class=mark href="#one" id=one>#</a></span></h2>x<h2 id=two><a class=doc-anchor href="#two">§</a>Two</h2>y' +
        '<h2 id=three><a href="#three">Three <code>#</code>3</a></h2>z<h2 id=four>Four <a href="x.html#f">#</a>4</h2>w<h2 id=five><a href="#five">Anchor tags</a> here</h2>v',
    );
    expect(outline(page)).toEqual(['One#one', 'Two#two', 'Three #3#three', 'Four #4#four', 'Anchor tags here#five']);
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
  it('finds the anchor of a definition in front of its words', async () => {
    const page = await read(
      '<h1>T</h1><dl><dt>\n<a name="opt.heap"></a><span class=term>--heap=<i>yes</i></span></dt><dd>A.</dd>' +
        '<dt><span><a id=b></a>--b</span></dt><dd>B.</dd><dt>plain <a id=c></a></dt><dd>C.<a name=d></a></dd></dl>',
    );
    expect(outline(page)).toEqual(['#', '--heap=yes#opt.heap', '--b#b', '#']);
    expect(page.text).toBe('T\n--heap=yes\nA.\n--b\nB.\nplain\nC.');
  });
  it('files a definition without an address under the heading of its list', async () => {
    const page = await read(
      '<h1>T</h1><h2 id=m>Meta</h2><dl><dt id=if>\\if</dt><dt>\\elif</dt><dd>Branches.</dd><dt>\\watch</dt><dd>Repeats.</dd>' +
        '<dt id=x>\\x</dt><dd>Expands.<dl><dt>on</dt><dd>Wide.</dl></dd></dl>',
    );
    expect(outline(page)).toEqual(['#', 'Meta#m', 'Meta › \\if#if', 'Meta#m', 'Meta › \\x#x']);
  });
  it('prefers an address that was given to one that a generator has counted', async () => {
    const page = await read(
      '<section id=recipes><span id=id1></span><h2>Recipes<a class=headerlink href="#recipes">¶</a></h2>x</section><h2 id=id2>Two</h2>y',
    );
    expect(outline(page)).toEqual(['Recipes#recipes', 'Two#id2']);
  });
  it('takes definitions that follow one another for one heading with all their names', async () => {
    const html =
      '<h1>T</h1><dl><dt id=right>b.right(<i>a</i>)<a class=headerlink>¶</a></dt>\n<dt id=b>b.b(a, x)</dt><dd>Finds it.</dd>' +
      '<dt id=c>c</dt><dd></dd><dt id=d>d</dt><dd>D.<dl><dt id=e>e</dt></dl><dl><dt id=f>f</dt></dl></dd></dl>';
    const page = await read(html);
    expect(outline(page)).toEqual(['#', 'b.right(), b.b()#right', 'c#c', 'd#d', 'd › e#e', 'd › f#f']);
    expect(page.text).toBe('T\nb.right(a)\nb.b(a, x)\nFinds it.\nc\nd\nD.\ne\nf');
  });
  it('joins no definition to what stands above one without words', async () => {
    const page = await read(
      '<h2 id=q>Q</h2><dl><dt id=a></dt><dt id=b>b</dt><dd>B.</dd><dt id=c> </dt><dt id=d>d</dt><dd>D.</dl>',
    );
    expect(outline(page)).toEqual(['#q', 'b#b', 'd#d']);
  });
  it('names no more of them than fit a label, and none in part', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `socket.NAME_${index}`);
    const page = await read(
      `<h1>T</h1><dl>${names.map((name) => `<dt id=${name}>${name}</dt>`).join('')}<dd>All.</dl>`,
    );
    expect(outline(page)).toEqual(['#', `${names.slice(0, 8).join(', ')}, …#socket.NAME_0`]);
    expect(page.text).toBe(`T\n${names.join('\n')}\nAll.`);
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
