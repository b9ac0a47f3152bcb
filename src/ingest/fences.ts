export interface FenceReader {
  /** Tells of the next line whether it belongs to fenced code; the fences themselves do. */
  isCode(line: string): boolean;
  /** The fence of the code that the last line left open, indentation included; '' outside code. */
  open(): string;
}

/** Follows Markdown's lines, given in order. */
export function fenceReader(): FenceReader {
  let indent = '';
  let fence = '';
  return {
    isCode(line) {
      // What follows back-ticks holds none: else it is code inside a line.
      const [, before = '', mark = ''] = /^(\s*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
      if (fence === '') {
        indent = before;
        fence = mark;
        return mark !== '';
      }
      if (mark.startsWith(fence) && line.trim() === mark) fence = '';
      return true;
    },
    open: () => (fence === '' ? '' : indent + fence),
  };
}
