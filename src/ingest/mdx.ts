import { fenceReader } from './fences.ts';

/** An import or export that runs over more lines than this was no such thing. */
const LONGEST_STATEMENT = 200;
/** Letters of a tag, a comment or a stretch of code in a line. */
const LONGEST_TAG = 2_000;

/** Leaves out MDX's import and export statements, comments in braces and components' tags, outside code. */
export function stripMdx(markdown: string): string {
  if (!/^(?:import|export)\s|\{\/\*|<[A-Z]/m.test(markdown)) return markdown;
  const lines = markdown.split('\n');
  const isCode = fenceReader();
  let kept = '';
  let prose = '';
  let isSound = true;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (isCode(line)) {
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

/** Without comments in braces and without components' tags, what they hold kept; code in back-ticks as it is. */
function withoutJsx(text: string): string {
  const marks = /(`+)|\{\/\*|<\/?[A-Z]/g;
  let kept = '';
  let from = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const { index } = mark;
    if (mark[1] !== undefined) {
      const close = closingAt(text, mark[1], marks.lastIndex);
      if (close >= 0) marks.lastIndex = close;
      continue;
    }
    const end = mark[0] === '{/*' ? closingAt(text, '*/}', marks.lastIndex) : tagEnd(text, index);
    if (end < 0) continue;
    kept += text.slice(from, index);
    from = end;
    marks.lastIndex = end;
  }
  return kept + text.slice(from);
}

/** Where `closing` ends, or -1 where it does not come soon. */
function closingAt(text: string, closing: string, from: number): number {
  const at = text.slice(from, from + LONGEST_TAG).indexOf(closing);
  return at < 0 ? -1 : from + at + closing.length;
}

/** Where the tag that begins at `start` ends, with braces and quotes closed; -1 where it does not soon. */
function tagEnd(text: string, start: number): number {
  let braces = 0;
  let quote = '';
  for (let at = start; at < Math.min(text.length, start + LONGEST_TAG); at += 1) {
    const character = text.charAt(at);
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '{') braces += 1;
    else if (character === '}') braces -= 1;
    else if (character === '>' && braces <= 0) return at + 1;
  }
  return -1;
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
