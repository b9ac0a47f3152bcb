import type { TextBuilder } from './text-builder.ts';

/** Of white space inside preformatted text no more is kept. */
const LONGEST_GAP = 500;

/** Writes a page's text as a browser would lay it out: white space collapsed, but kept inside `<pre>`. */
export interface TextFlow {
  write(text: string): void;
  /** Begins preformatted text; the function given back ends it. */
  openPreformatted(): () => void;
  /** Begins a program's text; two side by side in one `<pre>`, of which a page shows one at a time, are apart. */
  openProgram(): () => void;
}

/** `isCollapsed` says whether white space collapses even so, as it does in headings. */
export function textFlow(builder: TextBuilder, isCollapsed: () => boolean): TextFlow {
  let preformatted = 0;
  /** White space at the end of preformatted text, held back until more follows. */
  let tail: string | undefined;
  /** Length of the text at the end of the last program. */
  let programEnd = -1;

  const writePreformatted = (text: string) => {
    const whole = tail === undefined ? text.replace(/^\s*\n/, '') : tail + text;
    const body = whole.trimEnd();
    if (body !== '') builder.write(body);
    if (whole !== '') tail = whole.slice(body.length, body.length + LONGEST_GAP);
  };
  const writeCollapsed = (text: string) => {
    const collapsed = text.replace(/[\s\u00a0]+/g, ' ');
    const starts = collapsed.startsWith(' ');
    const ends = collapsed.length > 1 && collapsed.endsWith(' ');
    if (starts) builder.separate('space');
    const body = collapsed.slice(starts ? 1 : 0, ends ? -1 : undefined);
    if (body !== '') builder.write(body);
    if (ends) builder.separate('space');
  };
  return {
    write(text) {
      if (preformatted > 0 && !isCollapsed()) writePreformatted(cleanText(text));
      else writeCollapsed(cleanText(text));
    },
    openPreformatted() {
      preformatted += 1;
      tail = undefined;
      return () => {
        preformatted -= 1;
        tail = undefined;
      };
    },
    openProgram() {
      if (tail === '' && programEnd === builder.length()) tail = '\n';
      return () => {
        programEnd = builder.length();
      };
    },
  };
}

/** Without soft hyphens, zero-width spaces and control characters. */
function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u00ad\u200b\ufeff\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, '');
}
