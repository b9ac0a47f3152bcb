import type { CorpusState } from './corpus-state.ts';
import { segmentPath } from './manifest.ts';
import type { Segment } from './segment.ts';
import { SEGMENT_PARTS } from './segment-format.ts';

/** Reads everything that a corpus has stored; SearchError('corrupt') at the first thing that is not what was written. */
export async function verifyCorpus(state: CorpusState): Promise<void> {
  await state.refresh();
  for (const { name } of state.manifest().segments) {
    const segment = state.segment(name);
    if (segment !== undefined) await readThrough(segment);
    // The store may have checksums of its own.
    for (const part of SEGMENT_PARTS) await state.store.read(segmentPath(state.prefix, name) + part);
  }
}

async function readThrough({ ids, documentTable, texts, lexicon, lengths, vectors, passages }: Segment): Promise<void> {
  const whole = { passages, base: 0, dead: undefined };
  for (const stored of [ids.scan(), documentTable.scan(), texts.scan(), lexicon.scan(whole)])
    for await (const _ of stored);
  await lengths();
  await vectors();
}
