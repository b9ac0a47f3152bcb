import { fenceReader } from './fences.ts';

/** An import or export that runs over more lines than this was no such thing. */
const LONGEST_STATEMENT = 200;

/** Leaves out MDX's import and export statements and `{/* comments *}`, outside code. Markdown passes unchanged. */
export function stripMdx(markdown: string): string {
  if (!/^(?:import|export)\s|\{\/\*/m.test(markdown)) return markdown;
  const lines = markdown.split('\n');
  const kept: string[] = [];
  const isCode = fenceReader();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (!isCode(line) && isStatement(line)) at = statementEnd(lines, at);
    else kept.push(line);
  }
  return kept.join('\n').replace(/\{\/\*.*?\*\/\}/gs, '');
}

function isStatement(line: string): boolean {
  return (
    /^import\s+(?:['"]|[\w*{][^'"]*\sfrom\s*['"]|\{\s*$)/.test(line) ||
    /^export\s+(?:default\b|const\s|let\s|var\s|function\b|async\s|class\s|\{|\*)/.test(line)
  );
}

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
  return start;
}
