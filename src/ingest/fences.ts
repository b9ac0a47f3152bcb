export interface FenceReader {
  /** Tells of the next line whether it belongs to fenced code; the fences themselves do. */
  isCode(line: string): boolean;
  /** The fence of the code that the last line left open, with indentation and marks of quotation; '' outside code. */
  open(): string;
}

/** What stands before a fence: blanks, and the marks of quotations and of a list's items. */
const BEFORE = /^(?:[\s>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*/;

/** Follows Markdown's lines, given in order. */
export function fenceReader(): FenceReader {
  let indent = '';
  let fence = '';
  return {
    isCode(line) {
      const [before = ''] = BEFORE.exec(line) ?? [];
      // What follows back-ticks holds none: else it is code inside a line.
      const [mark = ''] = /^(?:`{3,}(?=[^`]*$)|~{3,})/.exec(line.slice(before.length)) ?? [];
      // The end of a quotation ends its code too.
      if (fence !== '' && quotation(before).length < quotation(indent).length) fence = '';
      if (fence === '') {
        indent = before.replace(/[^\s>]/g, ' ');
        fence = mark;
        return mark !== '';
      }
      if (mark.startsWith(fence) && line.replace(/\s/g, '') === quotation(indent) + mark) fence = '';
      return true;
    },
    open: () => (fence === '' ? '' : indent + fence),
  };
}

function quotation(before: string): string {
  return before.replace(/[^>]/g, '');
}
