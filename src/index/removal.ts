import { blockOfOrdinal } from './blocks.ts';
import type { SegmentRecord, Tombstone } from './manifest.ts';
import type { DocumentPlace, Segment } from './segment.ts';
import type { Counts } from './segment-format.ts';

/** The record of a segment after removing documents that are live in it: tombstones added, counts lowered. */
export async function removeFrom(
  record: SegmentRecord,
  segment: Segment,
  places: readonly DocumentPlace[],
  signal?: AbortSignal,
): Promise<SegmentRecord> {
  if (places.length === 0) return record;
  const { fields } = await segment.lengths();
  const totals = [...record.live.totals];
  for (const { firstPassage, passages } of places)
    for (const [index, column] of fields.entries())
      for (let passage = firstPassage; passage < firstPassage + passages; passage += 1)
        totals[index] = (totals[index] ?? 0) - (column[passage] ?? 0);
  const added = places.map(
    ({ ordinal, firstPassage, passages }): Tombstone => ({ document: ordinal, firstPassage, passages }),
  );
  const live: Counts = {
    passages: record.live.passages - places.reduce((sum, { passages }) => sum + passages, 0),
    documents: record.live.documents - places.length,
    totals,
    languages: await languagesWithout(record, segment, places, signal),
  };
  return { ...record, live, removed: [...record.removed, ...added].sort((a, b) => a.document - b.document) };
}

async function languagesWithout(
  record: SegmentRecord,
  { documentTable }: Segment,
  places: readonly DocumentPlace[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const languages = new Map(record.live.languages);
  const numbers = places.map(({ ordinal }) => blockOfOrdinal(documentTable.directory, ordinal));
  const blocks = await documentTable.read(numbers, signal);
  for (const [index, { ordinal }] of places.entries()) {
    const first = documentTable.directory.ordinals[numbers[index] ?? 0] ?? 0;
    const language = blocks[index]?.[ordinal - first]?.language ?? '';
    const left = (languages.get(language) ?? 0) - 1;
    if (left > 0) languages.set(language, left);
    else languages.delete(language);
  }
  return languages;
}
