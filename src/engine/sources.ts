import { documentId, type GivenSource, type Source } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import { check, checkAll, FILTERS, OBJECT, oneOf, type Rule, TEXT } from './checks.ts';
import type { IndexReport } from './types.ts';

const SOURCE: Readonly<Record<keyof Source, Rule>> = {
  id: TEXT,
  type: oneOf('html', 'markdown', 'text', 'pdf'),
  content: {
    expected: 'a string, Uint8Array or ArrayBuffer',
    holds: (value) => typeof value === 'string' || value instanceof Uint8Array || value instanceof ArrayBuffer,
  },
  title: TEXT,
  url: TEXT,
  language: TEXT,
  filters: FILTERS,
};
const LIST: Rule = { expected: 'a list of documents', holds: Array.isArray };

export interface CheckedSources {
  readonly sources: readonly Source[];
  readonly failed: IndexReport['failed'];
}

/** Parts what was given to add(), which may come from anywhere, into documents and what is none. */
export function checkSources(given: readonly GivenSource[]): CheckedSources {
  check('add()', given, LIST);
  const sources: Source[] = [];
  const failed: IndexReport['failed'][number][] = [];
  for (const each of given)
    try {
      sources.push(checked(each));
    } catch (cause) {
      const { code, message } = toSearchError(cause);
      failed.push({ id: String(each?.id ?? ''), code, reason: message });
    }
  return { sources, failed };
}

function checked(given: GivenSource): Source {
  check('add()', given, OBJECT);
  for (const name of ['id', 'type', 'content'] as const) check(`A document's ${name}`, given[name], SOURCE[name]);
  checkAll(SOURCE, given, "A document's ");
  documentId(given.id);
  const { content } = given;
  return { ...given, content: content instanceof ArrayBuffer ? new Uint8Array(content) : content };
}
