import { fenceReader } from './fences.ts';

/** An import or export that runs over more lines than this was no such thing. */
const LONGEST_STATEMENT = 200;

/** Leaves out MDX's import and export statements and its comments in braces, outside code. Markdown passes unchanged. */
export function stripMdx(markdown: string): string {
  if (!/^(?:import|export)\s|\{\/\*/m.test(markdown)) return markdown;
  const lines = markdown.split('\n');
  const isCode = fenceReader();
  let kept = '';
  let prose = '';
  let isSound = true;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (isCode(line)) {
      kept += `${withoutComments(prose)}${line}\n`;
      prose = '';
      continue;
    }
    const end = isSound && isStatement(line) ? statementEnd(lines, at) : -1;
    if (end >= at) at = end;
    else prose += `${line}\n`;
    if (end === UNCLOSED) isSound = false; // it is no MDX; looking further would take the square of its length
  }
  return (kept + withoutComments(prose)).slice(0, -1);
}

function withoutComments(text: string): string {
  let kept = '';
  let from = 0;
  for (let open = text.indexOf('{/*'); open >= 0; open = text.indexOf('{/*', from)) {
    const close = text.indexOf('*/}', open + 3);
    if (close < 0) break;
    kept += text.slice(from, open);
    from = close + 3;
  }
  return kept + text.slice(from);
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
