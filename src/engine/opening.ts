import { toSearchError } from '../core/errors.ts';
import type { Context } from '../core/ports.ts';
import type { CorpusMoment, SearchableCorpus } from './moments.ts';
import { tolerant } from './optional.ts';

/** So long a search that has documents to answer from waits for a published index to open. */
const PATIENCE_MS = 5000;

/**
 * The moments of the corpora that a search asks. Optional ones that cannot be opened are left out and named; so are those that take
 * long, where another has documents: their opening goes on for the next search. A page that has nothing else waits, however slow its line.
 */
export async function openMoments(
  corpora: readonly SearchableCorpus[],
  context: Context,
): Promise<readonly CorpusMoment[]> {
  const opened = new Map<SearchableCorpus, CorpusMoment | undefined>();
  let found: () => void = () => undefined;
  const anything = new Promise<void>((resolve) => {
    found = resolve;
  });
  let isOver = false;
  const open = async (corpus: SearchableCorpus) => {
    const moment = await openOne(corpus, context, () => !isOver);
    opened.set(corpus, moment);
    if (moment !== undefined && moment.documents > 0) found();
  };
  const openings = corpora.map((corpus) => ({ corpus, opening: open(corpus) }));
  const needed = openings.flatMap(({ corpus, opening }) => (corpus.optional ? [] : [opening]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  const all = Promise.all(openings.map(({ opening }) => opening));
  await Promise.race([all, Promise.all([patience, anything, ...needed])]).finally(() => clearTimeout(timer));
  isOver = true;
  all.catch(() => undefined);
  for (const { name } of corpora.filter((corpus) => !opened.has(corpus)))
    context.onStage({
      kind: 'skipped',
      stage: name,
      code: 'timeout',
      reason: `${name} has not answered within ${PATIENCE_MS / 1000} s. Ask again.`,
    });
  return corpora.flatMap((corpus) => opened.get(corpus) ?? []);
}

async function openOne(
  corpus: SearchableCorpus,
  context: Context,
  isAwaited: () => boolean,
): Promise<CorpusMoment | undefined> {
  try {
    const moment = await corpus.moment(context.signal);
    return corpus.optional ? tolerant(moment, corpus.name, context) : moment;
  } catch (cause) {
    const error = toSearchError(cause);
    if (!corpus.optional || error.code === 'aborted') throw error;
    if (error.code !== 'not-found' && isAwaited())
      context.onStage({ kind: 'skipped', stage: corpus.name, code: error.code, reason: error.message });
    return undefined;
  }
}
