import type { Source } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { contentHash } from '../core/hash.ts';
import type { Store } from '../core/ports.ts';

/**
 * Sources given but not yet indexed. They are stored before indexing begins, so that a tab killed in the middle
 * finds the rest of the work when it comes back.
 */
export interface Inbox {
  put(sources: readonly Source[]): Promise<readonly string[]>;
  pending(): Promise<readonly string[]>;
  take(name: string): Promise<Source | undefined>;
  done(names: readonly string[]): Promise<void>;
}

const FOLDER = 'inbox/';

/** A source as bytes: length of the header, header as JSON, content. */
function encode({ content, ...rest }: Source): Uint8Array {
  const text = typeof content === 'string';
  const header = new TextEncoder().encode(JSON.stringify({ ...rest, text }));
  const body = text ? new TextEncoder().encode(content) : content;
  const bytes = new Uint8Array(4 + header.length + body.length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  bytes.set(body, 4 + header.length);
  return bytes;
}

function decode(bytes: Uint8Array): Source {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : view.getUint32(0, true);
  if (4 + length > bytes.length) throw new SearchError('corrupt', 'A stored document is cut short. Add it again.');
  const { text, ...rest } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.subarray(4 + length);
  return { ...rest, content: text ? new TextDecoder().decode(body) : body };
}

/** Names hold a time, so that work resumes in the order in which it was given. */
export function createInbox(store: Store): Inbox {
  return {
    async put(sources) {
      const now = Date.now().toString(36).padStart(9, '0');
      const entries = sources.map((source, index): [string, Uint8Array] => [
        `${FOLDER}${now}-${String(index).padStart(6, '0')}-${contentHash(source.id)}`,
        encode(source),
      ]);
      await store.write({ put: new Map(entries) });
      return entries.map(([name]) => name);
    },
    pending: () => store.list(FOLDER),
    async take(name) {
      const bytes = await store.read(name);
      return bytes === undefined ? undefined : decode(bytes);
    },
    done: (names) => (names.length === 0 ? Promise.resolve() : store.write({ remove: names })),
  };
}
