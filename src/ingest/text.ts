import { type BuiltText, textBuilder } from './text-builder.ts';
import { tidyTitle } from './titles.ts';

/** Lines at least this long that follow one another are one paragraph, broken by an editor. */
const WRAPPED_LINE = 45;
const LONGEST_HEADING = 120;

/**
 * Reads plain text. Underlined lines are headings (reStructuredText, setext), their level given by the order in
 * which the underlines first occur. Paragraphs broken at a fixed width become one line; all else stays as it is.
 */
export function readText(text: string): BuiltText {
  const builder = textBuilder();
  const styles: string[] = [];
  let paragraph: string[] = [];
  const endParagraph = () => {
    const body = joinParagraph(paragraph);
    if (body.trim() !== '') builder.write(body);
    builder.separate('block');
    paragraph = [];
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const lines = text.replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, '').split(/[\n\f]/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const style = paragraph.length === 0 ? underline(line, lines[at + 1]) : undefined;
    if (style !== undefined) {
      if (!styles.includes(style)) styles.push(style);
      builder.openHeading();
      builder.write(tidyTitle(line));
      builder.closeHeading(styles.indexOf(style) + 1, '');
      at += 1;
    } else if (line.trim() === '' || isOverline(line, lines[at + 1], lines[at + 2])) endParagraph();
    else paragraph.push(line.trimEnd());
  }
  endParagraph();
  return builder.finish();
}

function underline(line: string, next: string | undefined): string | undefined {
  if (next === undefined || !/^\s{0,3}\S/.test(line) || line.length > LONGEST_HEADING) return undefined;
  const mark = ruleOf(next);
  return mark !== undefined && ruleOf(line) === undefined && next.trimEnd().length >= line.trim().length
    ? mark
    : undefined;
}

function isOverline(line: string, title: string | undefined, under: string | undefined): boolean {
  const mark = ruleOf(line);
  return mark !== undefined && title !== undefined && under !== undefined && underline(title, under) === mark;
}

/** The character of a line drawn of one punctuation mark. */
function ruleOf(line: string): string | undefined {
  return /^([=\-~^"'`#*+:.<>_])\1{2,}\s*$/.exec(line)?.[1];
}

function joinParagraph(lines: readonly string[]): string {
  const isWrapped =
    lines.length > 1 &&
    lines.every((line, index) => /^\S/.test(line) && (index === lines.length - 1 || line.length >= WRAPPED_LINE));
  return lines.join(isWrapped ? ' ' : '\n');
}
