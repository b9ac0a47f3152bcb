import type { IndexProgress, IndexReport } from '../engine/types.ts';
import { type Gathered, nameOf } from './files.ts';

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : `${noun}s`}`;
}

export function progressText({ documents, of, passages, rate, current }: IndexProgress): string {
  const left = Math.round((of - documents) / Math.max(0.01, rate));
  return `${documents} of ${counted(of, 'document')}, ${counted(passages, 'passage')}${left > 1 ? `, about ${left} s left` : ''}: ${nameOf(current)}`;
}

/** What has become of files. `known` are the documents that there were before; there is no report where nothing was indexed. */
export function reportText(
  { sources, ignored, unread }: Gathered,
  report?: IndexReport,
  known: ReadonlySet<string> = new Set(),
): string {
  if (report === undefined && unread.length === 0) return 'None of these files is Markdown, HTML, text or PDF.';
  const { added, unchanged, passages, failed } = report ?? NOTHING;
  const failures = new Set(failed.map(({ id }) => id));
  const replaced = sources.filter(({ id }) => known.has(id) && !failures.has(id)).length - unchanged;
  const lines = [
    ...(report === undefined ? [] : [`${counted(added, 'document')} indexed (${counted(passages, 'passage')})`]),
    ...(replaced > 0 ? [`${counted(replaced, 'earlier file')} of the same name replaced`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(ignored.length > 0 ? [`${ignored.length} of another type left out`] : []),
    ...[...unread, ...failed].map(failureText),
  ];
  // Some reasons are sentences already.
  return lines.map((line) => line.replace(/\.?$/, '.')).join(' ');
}

const NOTHING: IndexReport = { added: 0, unchanged: 0, passages: 0, failed: [] };

function failureText({ id, reason }: { readonly id: string; readonly reason: string }): string {
  const name = nameOf(id);
  return reason.includes(id) ? reason.replaceAll(id, name) : `${name}: ${reason}`;
}
