/** Tells of Markdown's lines, given in order, whether each belongs to fenced code; the fences themselves do. */
export function fenceReader(): (line: string) => boolean {
  let fence = '';
  return (line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence === '') {
      fence = mark;
      return mark !== '';
    }
    if (mark.startsWith(fence) && line.trim() === mark) fence = '';
    return true;
  };
}
