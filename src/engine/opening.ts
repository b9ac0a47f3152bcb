import { abortable } from '../core/cancellation.ts';
import { toSearchError } from '../core/errors.ts';
import type { Context, StageEvent } from '../core/ports.ts';
import { createLine, type Line } from './line.ts';
import type { CorpusMoment, SearchableCorpus } from './moments.ts';
import { type InTime, tolerant } from './optional.ts';

/** So long a search that has documents to answer from waits for a published index to open: two files, over most lines in a second. */
const OPENING_MS = 5000;

/**
 * So long it waits for one read of an index that is open. Own documents should not wait long for what somebody else's host may have to
 * add. Where there are only published indexes, the line is as likely to be slow as one host to be dead, and all would be lost.
 */
const READ_MS = { besideOwn: 10_000, besideOthers: 30_000 } as const;

interface Asked {
  readonly corpus: SearchableCorpus;
  readonly line: Line;
}

type Skip = Extract<StageEvent, { readonly kind: 'skipped' }>;

interface Opened extends Asked {
  readonly moment: CorpusMoment;
}

/**
 * Opens the corpora for one search after another. Optional ones that cannot be opened are left out and named; so are those that take
 * long, where another has documents: their opening goes on for the next search. A page that has nothing else waits until its search is
 * cancelled: over a slow line late results are better than none.
 */
export function createOpening(
  corpora: readonly SearchableCorpus[],
): (context: Context) => Promise<readonly CorpusMoment[]> {
  const asked = corpora.map((corpus): Asked => ({ corpus, line: createLine(corpus.name) }));
  return async (context) => {
    let found: () => void = () => undefined;
    const something = new Promise<void>((resolve) => {
      found = resolve;
    });
    const absent: Skip[] = [];
    const openings = asked.map(async (each): Promise<readonly Opened[]> => {
      const skip = (stage: Skip) => (stage.code === 'not-found' ? absent.push(stage) : context.onStage(stage));
      const moment = await openOne(each, something, { signal: context.signal, skip });
      if (moment !== undefined && moment.documents > 0) found();
      return moment === undefined ? [] : [{ ...each, moment }];
    });
    const opened = (await Promise.all(openings)).flat();
    // An index that is not made yet is no failure beside documents; where there are none, its address may be wrong.
    if (opened.every(({ moment }) => moment.documents === 0)) absent.forEach(context.onStage);
    return opened.map((each) =>
      each.corpus.optional ? tolerant(each.moment, each.corpus.name, context, readsOf(each, opened)) : each.moment,
    );
  };
}

/** `something` settles when any corpus has opened that has documents. */
async function openOne(
  { corpus, line }: Asked,
  something: Promise<void>,
  { signal, skip }: { readonly signal: AbortSignal; skip(stage: Skip): void },
): Promise<CorpusMoment | undefined> {
  try {
    const opening = corpus.moment(signal);
    return await abortable(corpus.optional ? patiently(opening, line, something) : opening, signal);
  } catch (cause) {
    const error = toSearchError(cause);
    if (!corpus.optional || error.code === 'aborted') throw error;
    skip({ kind: 'skipped', stage: corpus.name, code: error.code, reason: error.message });
    return undefined;
  }
}

async function patiently<T>(opening: Promise<T>, line: Line, something: Promise<void>): Promise<T> {
  try {
    return await line.within(opening, OPENING_MS);
  } catch (cause) {
    const giveUp = something.then(() => {
      throw cause;
    });
    return Promise.race([opening, giveUp]);
  }
}

function readsOf(own: Opened, opened: readonly Opened[]): InTime {
  const others = opened.filter((other) => other !== own && other.moment.documents > 0);
  if (others.length === 0) return (reading) => reading;
  const ms = others.some(({ corpus }) => !corpus.optional) ? READ_MS.besideOwn : READ_MS.besideOthers;
  return (reading) => own.line.within(reading, ms);
}
