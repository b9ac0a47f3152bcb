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
  /** Takes back what was given of these documents, as far as it is among `names`. */
  withdraw(ids: readonly string[], names: readonly string[]): Promise<void>;
  /** How often the tab has ended while one of these was being read, for those where it has. Call it before reading begins. */
  deaths(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Notes what is being read from now on; nothing when `name` is undefined. */
  reading(name: string | undefined): Promise<void>;
}

export const INBOX = 'inbox/';
/** What is being read, and the deaths so far: JSON. */
const TRIAL = 'inbox-trial';

interface Trial {
  readonly reading?: string;
  readonly deaths: Readonly<Record<string, number>>;
}

/** Deaths with the newest one: a source that is still noted as being read was not read to its end. */
function counted({ reading, deaths }: Trial): Readonly<Record<string, number>> {
  return reading === undefined ? deaths : { ...deaths, [reading]: (deaths[reading] ?? 0) + 1 };
}

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

/** What the names of all begin with that was given by one call. */
export function givenAt(name: string): string {
  return name.slice(0, name.indexOf('-') + 1);
}

/** Names hold a time, so that work resumes in the order in which it was given. */
export function createInbox(store: Store): Inbox {
  let trial: Trial = { deaths: {} };
  let last = 0;
  const done = (names: readonly string[]) => (names.length === 0 ? Promise.resolve() : store.write({ remove: names }));
  return {
    async put(sources) {
      // Two calls within a millisecond have an order, too.
      last = Math.max(last + 1, Date.now());
      const now = last.toString(36).padStart(9, '0');
      const entries = sources.map((source, index): [string, Uint8Array] => [
        `${INBOX}${now}-${String(index).padStart(6, '0')}-${contentHash(source.id)}`,
        encode(source),
      ]);
      await store.write({ put: new Map(entries) });
      return entries.map(([name]) => name);
    },
    pending: () => store.list(INBOX),
    async take(name) {
      const bytes = await store.read(name);
      return bytes === undefined ? undefined : decode(bytes);
    },
    async deaths(names) {
      const known = await store.read(TRIAL);
      if (known === undefined) return new Map();
      const waiting = new Set(names);
      const all = Object.entries(counted(JSON.parse(new TextDecoder().decode(known))));
      trial = { deaths: Object.fromEntries(all.filter(([name]) => waiting.has(name))) };
      return new Map(Object.entries(trial.deaths));
    },
    async reading(name) {
      if (name === trial.reading) return;
      trial = { deaths: trial.deaths, ...(name === undefined ? {} : { reading: name }) };
      if (name === undefined && Object.keys(trial.deaths).length === 0) return store.write({ remove: [TRIAL] });
      await store.write({ put: new Map([[TRIAL, new TextEncoder().encode(JSON.stringify(trial))]]) });
    },
    done,
    async withdraw(ids, names) {
      const endings = new Set(ids.map((id) => contentHash(id)));
      await done(names.filter((name) => endings.has(name.slice(name.lastIndexOf('-') + 1))));
    },
  };
}
