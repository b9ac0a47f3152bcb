import { fenceReader } from './fences.ts';

/** An import or export that runs over more lines than this was no such thing. */
const LONGEST_STATEMENT = 200;
/** Letters of a tag, a comment or a stretch of code in a line. */
const LONGEST_TAG = 2_000;
/** Letters looked at for the ends of tags that have none; with more it is no MDX. */
const MOST_IN_VAIN = 1_000_000;
/** Indentation of a component's tag. */
const DEEPEST_TAG = 200;

/** HTML elements whose text is raw: Markdown would look for their end tags though they are self-closed. */
const EMPTY_RAW = /<(?:script|style|textarea|pre)\b[^<>]*\/>/y;

/** Leaves out MDX's import and export statements, comments in braces and components' tags, outside code. */
export function stripMdx(markdown: string): string {
  if (!/^(?:import|export)\s|\{\/\*|<\/?[A-Z]|<(?:script|style|textarea|pre)\b[^<>]*\/>/m.test(markdown))
    return markdown;
  const lines = markdown.split('\n');
  const fences = fenceReader();
  const withoutJsx = jsxStripper();
  let kept = '';
  let prose = '';
  let isSound = true;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (fences.isCode(line)) {
      kept += `${withoutJsx(prose)}${line}\n`;
      prose = '';
      continue;
    }
    const end = isSound && isStatement(line) ? statementEnd(lines, at) : -1;
    if (end >= at) at = end;
    else prose += `${line}\n`;
    if (end === UNCLOSED) isSound = false; // it is no MDX; looking further would take the square of its length
  }
  return (kept + withoutJsx(prose)).slice(0, -1);
}

/**
 * Takes comments in braces and components' tags out of one stretch of prose after another, what they hold kept;
 * code in back-ticks stays as it is, and so does indented code, but inside components indentation makes no code.
 */
function jsxStripper(): (text: string) => string {
  const components = openComponents();
  let vain = 0;
  return (text) => {
    const marks = /(`+)|\{\/\*|(?<![\p{L}\p{N}_])<[A-Z]|<\/[A-Z]|<(?=script|style|textarea|pre)/gu;
    const codeEnd = indentedCode(text);
    let kept = '';
    let from = 0;
    for (let mark = marks.exec(text); mark !== null && vain < MOST_IN_VAIN; mark = marks.exec(text)) {
      const { index } = mark;
      const code = components.isOpen() ? -1 : codeEnd(index);
      const ticks = mark[1];
      if (code >= 0) marks.lastIndex = code;
      else if (ticks !== undefined)
        marks.lastIndex = Math.max(marks.lastIndex, closingAt(text, ticks, marks.lastIndex));
      if (code >= 0 || ticks !== undefined) continue;
      const end = mark[0] === '{/*' ? closingAt(text, '*/}', marks.lastIndex) : tagEnd(text, index);
      if (end < 0) vain -= end;
      if (end < 0) continue;
      components.note(text, index, end);
      kept += text.slice(from, index);
      from = end;
      marks.lastIndex = end;
    }
    return kept + text.slice(from);
  };
}

/** Counts the components that are open, of those that begin their line. */
function openComponents() {
  const counts = new Map<string, number>();
  let open = 0;
  return {
    isOpen: () => open > 0,
    note(text: string, start: number, end: number) {
      const [, slash, name = ''] = /^<(\/?)([A-Z][\w.:-]*)/.exec(text.slice(start, end)) ?? [];
      const count = counts.get(name) ?? 0;
      const change = slash === '/' ? -1 : 1;
      if (name === '' || text.charAt(end - 2) === '/' || count + change < 0) return;
      const before = text.slice(Math.max(0, start - DEEPEST_TAG), start);
      if (change > 0 && before.slice(before.lastIndexOf('\n') + 1).trim() !== '') return;
      counts.set(name, count + change);
      open += change;
    },
  };
}

/** Where `closing` ends, or -1 where it does not come soon. */
function closingAt(text: string, closing: string, from: number): number {
  const at = text.slice(from, from + LONGEST_TAG).indexOf(closing);
  return at < 0 ? -1 : from + at + closing.length;
}

/**
 * Where the tag that begins at `start` ends, with braces and quotes closed. Where it is no tag, as it does not end
 * soon, or runs over a blank line or into a quotation, or holds what no attribute does: minus the letters looked at.
 */
function tagEnd(text: string, start: number): number {
  const raw = endOf(EMPTY_RAW, text, start);
  if (raw >= 0) return raw;
  const name = endOf(COMPONENT, text, start);
  if (name < 0) return -1;
  let braces = 0;
  let quote = '';
  let last = '';
  for (let at = name; at < Math.min(text.length, start + LONGEST_TAG); at += 1) {
    const character = text.charAt(at);
    if (character === '\n' && endOf(BLANK_OR_QUOTE, text, at) >= 0) return start - at;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '{') braces += 1;
    else if (character === '}') braces -= 1;
    else if (`"'\``.includes(character) && (braces > 0 || last === '=')) quote = character;
    else if (braces <= 0 && character === '>')
      return last === '=' || HTML.test(text.slice(start, at + 1)) ? start - at : at + 1;
    else if (braces <= 0 && !/[\w\s=:.@#$/-]/.test(character)) return start - at;
    if (character.trim() !== '') last = character;
  }
  return -LONGEST_TAG;
}

/** HTML in capitals, as old READMEs have it; what holds a brace is a component nevertheless. */
const HTML =
  /^<\/?(?:A|B|BIG|BLOCKQUOTE|BR|CENTER|CODE|DD|DETAILS|DIV|DL|DT|EM|FONT|H[1-6R]|I|IMG|KBD|LI|OL|P|PRE|SCRIPT|SMALL|SPAN|STRONG|STYLE|SU[BP]|SUMMARY|TABLE|TBODY|TD|TEXTAREA|TH|THEAD|TR|TT|U|UL)(?=[\s/>])[^{}]*>$/;
const COMPONENT = /<\/?[A-Z][\w.:-]*(?=[\s/>])/y;
/** What follows a line's end inside no tag; a `>` alone in its line may end one. */
const BLANK_OR_QUOTE = /\n(?:[ \t]*\n|[ \t]*>[ \t]*[^\s])/y;

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** For rising places in a stretch of prose, where the indented code around each ends; -1 where there is none. */
function indentedCode(text: string): (index: number) => number {
  let at = 0;
  let isCode = false;
  let mayBegin = true;
  /** How far the text of the list's item is indented: code is indented by four more. */
  let item = 0;
  const next = () => {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    at += line.length + 1;
    if (line.trim() === '') {
      mayBegin = true;
      return;
    }
    const indent = (/^[ \t]*/.exec(line)?.[0] ?? '').replaceAll('\t', '    ').length;
    if (mayBegin) item = Math.min(item, indent);
    isCode = (isCode || mayBegin) && indent >= item + 4;
    const marker = isCode ? undefined : /^\s*(?:[-*+]|\d{1,9}[.)])[ \t]+/.exec(line)?.[0];
    if (marker !== undefined) item = marker.length;
    mayBegin = isCode || /^\s*#{1,6}\s/.test(line);
  };
  return (index) => {
    while (at <= index && at < text.length) next();
    return isCode ? at : -1;
  };
}

function isStatement(line: string): boolean {
  return (
    /^import\s+(?:['"]|[\w*{][^'"]*\sfrom\s*['"]|\{\s*$)/.test(line) ||
    /^export\s+(?:default\b|const\s|let\s|var\s|function\b|async\s|class\s|\{|\*)/.test(line)
  );
}

const UNCLOSED = -2;

/** Index of the statement's last line: where its brackets are closed. */
function statementEnd(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < Math.min(lines.length, start + LONGEST_STATEMENT); at += 1) {
    for (const character of lines[at] ?? '') {
      if ('({['.includes(character)) depth += 1;
      else if (')}]'.includes(character)) depth -= 1;
    }
    if (depth <= 0) return at;
  }
  return UNCLOSED;
}
