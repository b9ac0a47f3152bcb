import type { ByteRange } from '../core/ports.ts';

/**
 * Bytes that are fetched and dropped sooner than asked around. By time alone a request over a slow link is worth 16 kB and
 * more; but in an index of 100,000 passages gaps of 16 kB cost a question 53 kB and save it 9 requests of 57; gaps of 2 kB
 * cost 1 kB and save one, and of the costliest twentieth of questions 18 of 117.
 */
const GAP_BYTES = 2048;
/** Longer requests are not made by joining, so that the first block does not wait for the last. */
const JOINED_BYTES = 1_048_576;

export interface Wanted {
  readonly name: string;
  /** Undefined for the whole blob; otherwise at least one byte. */
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Waiting<T> extends Wanted {
  readonly resolve: (loaded: Promise<T>) => void;
}

/**
 * Joins reads that are asked for in the same turn and lie next to each other in one blob; each gets what the joined
 * read gave. A joined read is cancelled when all who wait for it have cancelled.
 */
export function coalesce<T>(
  load: (name: string, range: ByteRange | undefined, signal: AbortSignal) => Promise<T>,
): (wanted: Wanted) => Promise<T> {
  let waiting: Waiting<T>[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (const group of groupsOf(all)) {
      const [first] = group;
      if (first === undefined) continue;
      const { signal, release } = signalOfAll(group);
      const loaded = load(first.name, unionOf(group), signal);
      loaded.then(release, release);
      for (const { resolve } of group) resolve(loaded);
    }
  }

  return (wanted) =>
    new Promise((resolve) => {
      // A microtask: after everything that the caller asks for in this turn, before anything else.
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ ...wanted, resolve });
    });
}

/** Reads that share one request: of one blob, and each at most GAP_BYTES after the one before. */
export function groupsOf<W extends Wanted>(all: readonly W[]): readonly (readonly W[])[] {
  const start = ({ range }: Wanted) => range?.offset ?? Number.NEGATIVE_INFINITY;
  const sorted = [...all].sort((a, b) =>
    a.name === b.name ? (start(a) < start(b) ? -1 : 1) : a.name < b.name ? -1 : 1,
  );
  const groups: W[][] = [];
  for (const wanted of sorted) {
    const group = groups.at(-1);
    if (group !== undefined && joins(group, wanted)) group.push(wanted);
    else groups.push([wanted]);
  }
  return groups;
}

function joins(group: readonly Wanted[], { name, range }: Wanted): boolean {
  if (group[0]?.name !== name) return false;
  const union = unionOf(group);
  // The whole blob holds every range of it.
  if (union === undefined || range === undefined) return union === undefined;
  const end = union.offset + union.length;
  return (
    range.offset <= end + GAP_BYTES &&
    range.offset + range.length - union.offset <= Math.max(JOINED_BYTES, union.length)
  );
}

function unionOf(group: readonly Wanted[]): ByteRange | undefined {
  const ranges = group.map(({ range }) => range);
  if (ranges.includes(undefined)) return undefined;
  const offset = Math.min(...ranges.map((range) => range?.offset ?? 0));
  const end = Math.max(...ranges.map((range) => (range?.offset ?? 0) + (range?.length ?? 0)));
  return { offset, length: end - offset };
}

/** Fires when every one of the group has a signal and all have fired. `release` takes its listeners off again: a signal may outlive the load. */
function signalOfAll(group: readonly Wanted[]) {
  const controller = new AbortController();
  const signals = group.flatMap(({ signal }) => (signal === undefined ? [] : [signal]));
  const { signal } = controller;
  if (signals.length < group.length) return { signal, release: () => undefined };
  const check = () => {
    if (signals.every((signal) => signal.aborted)) controller.abort();
  };
  for (const each of signals) each.addEventListener('abort', check, { once: true });
  check();
  const release = () => {
    for (const each of signals) each.removeEventListener('abort', check);
  };
  return { signal, release };
}
