import { SearchError } from '../core/errors.ts';
import type { Corpus } from './eval-files.ts';
import type { Part } from './tune-report.ts';

const PARTS: readonly Part[] = ['fusion', 'fields', 'blend', 'calibration'];
/** They need nothing of an index but its results. */
const PARTS_OF_PUBLISHED: readonly Part[] = ['fusion', 'fields'];

/** The parts of --parts, if it was given. */
export function namedParts(text: string | undefined): readonly Part[] | undefined {
  return text?.split(',').map((name) => {
    const part = PARTS.find((each) => each === name.trim());
    if (part === undefined) throw new SearchError('bad-input', `--parts knows ${PARTS.join(', ')}, not "${name}".`);
    return part;
  });
}

/** The parts that were named, or all that the corpus allows. */
export async function partsFor(corpus: Corpus, named: readonly Part[] | undefined): Promise<readonly Part[]> {
  if (corpus.kind !== 'index') return named ?? PARTS;
  const { isPublishedAt } = await import('./eval-corpus.ts');
  if (!(await isPublishedAt(corpus.location))) return named ?? PARTS;
  const refused = (named ?? []).filter((part) => !PARTS_OF_PUBLISHED.includes(part));
  if (refused.length > 0)
    throw new SearchError(
      'unsupported',
      `A published index cannot give all passages of a document, which ${refused.join(' and ')} would read: name the folder of documents instead, or take --parts ${PARTS_OF_PUBLISHED.join(',')}.`,
    );
  return named ?? PARTS_OF_PUBLISHED;
}
