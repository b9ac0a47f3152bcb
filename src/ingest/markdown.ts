import { type GivenFilters, joinFilters } from '../core/filters.ts';
import { fenceReader } from './fences.ts';
import { splitFrontMatter } from './front-matter.ts';
import { readHtml } from './html.ts';
import { stripMdx } from './mdx.ts';
import { slugger } from './slugs.ts';
import type { BuiltText } from './text-builder.ts';

export interface MarkdownReading {
  readonly content: BuiltText;
  readonly title: string;
  readonly language: string;
  readonly filters: GivenFilters;
}

/** Longer stretches of inline text are taken as they stand: the patterns for emphasis and links are not linear. */
const LONGEST_INLINE = 8_000;
/** The parser's time grows with the square of some blocks' length (tables, lists): it is given stretches of this length. */
const STRETCH = 40_000;

/**
 * Reads Markdown (GitHub's) or MDX. It is turned into HTML and read as such, so that HTML inside Markdown,
 * `data-findling-*` included, means what it means in a page.
 */
export async function readMarkdown(markdown: string): Promise<MarkdownReading> {
  const front = await splitFrontMatter(markdown);
  const html = await renderMarkdown(stripMdx(front.body));
  const description = front.description === '' ? '' : `<p>${escapeHtml(front.description)}</p>\n`;
  const { content, filters } = await readHtml(description + html, { slug: slugger(), whole: true });
  return { content, title: front.title, language: front.language, filters: joinFilters(front.filters, filters) };
}

/** Markdown as HTML, to be read and never shown. What nests too deep for the parser becomes one block of text. */
export async function renderMarkdown(markdown: string): Promise<string> {
  const { Lexer, Parser, Renderer } = await import('marked');
  const renderer = new Renderer();
  renderer.heading = function ({ tokens, depth }) {
    const html = this.parser.parseInline(tokens);
    // `## Words {#anchor}`, as VitePress and Docusaurus write it.
    const named = /^(.*?)\s*\{#([\w.:-]+)\}\s*$/s.exec(html);
    return named === null
      ? `<h${depth}>${html}</h${depth}>\n`
      : `<h${depth} id="${named[2] ?? ''}">${named[1] ?? ''}</h${depth}>\n`;
  };
  renderer.image = () => '';
  const options = { renderer, gfm: true };
  try {
    const lexer = new Lexer(options);
    for (const stretch of stretches(tame(markdown))) lexer.blockTokens(stretch, lexer.tokens);
    for (const next of lexer.inlineQueue) {
      if (next.src.length > LONGEST_INLINE)
        next.tokens.push({ type: 'text', raw: next.src, text: escapeHtml(next.src), escaped: true });
      else lexer.inlineTokens(next.src, next.tokens);
    }
    return new Parser(options).parse(lexer.tokens);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the stack: quotes in lists in quotes, a thousand deep
    return `<pre>${escapeHtml(markdown)}</pre>`;
  }
}

/**
 * Cuts at a blank line outside code where there is one, else at a line's end. Code that is cut is fenced on both
 * sides, so that it stays code, and what follows it does not become code.
 */
function stretches(markdown: string): readonly string[] {
  if (markdown.length <= STRETCH) return [markdown];
  const parts: string[] = [];
  const fences = fenceReader();
  let lines: string[] = [];
  let length = 0;
  /** Lines up to the last blank one outside code. */
  let gap = 0;
  /** Indentation to take off the code that is open at a cut: its list is not open after it. */
  let shift = 0;
  /** Indentation of the line that opened the code, the marker of a list's item not counted. */
  let lead = 0;
  for (const line of markdown.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (length + line.length > STRETCH && length > 0) {
      const fence = fences.open();
      const rest = gap === 0 ? [] : lines.splice(gap);
      if (gap === 0 && fence !== '') lines.push(`${outdent(fence, shift)}\n`);
      parts.push(lines.join(''));
      shift = fence === '' ? 0 : gap > 0 ? lead : blanksBefore(fence);
      length = rest.reduce((sum, each) => sum + each.length, 0);
      lines = gap === 0 && fence !== '' ? [`${fence.trim()}\n`] : rest.map((each) => outdent(each, shift));
      gap = 0;
    }
    if (fences.open() === '') lead = blanksBefore(line);
    const inCode = fences.isCode(line);
    lines.push(outdent(line, shift));
    length += line.length;
    if (fences.open() === '') shift = 0;
    if (!inCode && line.trim() === '') gap = lines.length;
  }
  parts.push(lines.join(''));
  return parts;
}

function blanksBefore(line: string): number {
  return line.length - line.trimStart().length;
}

function outdent(line: string, by: number): string {
  return by === 0 ? line : line.replace(new RegExp(`^[ \\t]{0,${by}}`), '');
}

/** Takes out what is written for a site generator or for GitHub and is no text, outside code. */
function tame(markdown: string): string {
  const fences = fenceReader();
  return markdown
    .replace(/^(?:(?:[-*+]|\d{1,9}[.)])[ \t]+|>[ \t]*){40,}/gm, '') // no list is so deep, but the parser would follow
    .split('\n')
    .map((line) => (fences.isCode(line) ? line : tameLine(line)))
    .join('\n');
}

/** The first or last line of a container: its indentation, and what follows its name. */
const CONTAINER = /^([ \t]*):{3,}[ \t]*(?=[\w{]|$)[\w-]*(.*)$/;

function tameLine(line: string): string {
  if (/^[ \t]*\[\[?toc\]\]?[ \t]*$/i.test(line)) return '';
  const container = CONTAINER.exec(line);
  if (container === null) return line.replace(/^([ \t]*>[ \t]*)\[!(\w+)\][ \t]*$/, '$1$2:'); // GitHub's alerts
  const [, indent = '', marks = ''] = container;
  const title = containerTitle(marks);
  return title === '' ? '' : `\n${indent}${title}\n`;
}

/** `::: tip Title {#id}` (VitePress), `:::tip[Title]{#id}` (Docusaurus, Starlight), `::: {.tip title="Title"}` (Quarto). */
function containerTitle(marks: string): string {
  const quoted = /\btitle="([^"]*)"/.exec(marks)?.[1];
  if (quoted !== undefined) return quoted;
  return marks
    .replace(/(?<!:):{3,}\s*$/, '') // the container's end in the same line
    .replace(/\{[^{}]*\}\s*$/, '')
    .replace(/^\[(.*)\]\s*$/, '$1')
    .replace(/^\s*(?:[\w-]+="[^"]*"\s*)+/, '') // Microsoft's attributes have no braces
    .trim();
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
