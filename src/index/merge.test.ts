import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentId } from '../core/document.ts';
import { memoryStore } from '../store/memory.ts';
import { createCache } from './cache.ts';
import { corpusOptions, documents, indexed, plainAnalyzer } from './fixtures/corpora.ts';
import type { SegmentRecord } from './manifest.ts';
import { mergeSegments } from './merge.ts';
import { openSegment } from './segment.ts';
import { createSegmentBuilder, type IndexedDocument } from './segment-builder.ts';
import { nextMerge } from './tiers.ts';

const { segments: options = {} } = corpusOptions;

async function build(all: readonly IndexedDocument[]) {
  const builder = createSegmentBuilder(options);
  for (const each of all) builder.add(each, plainAnalyzer);
  return builder.finish();
}

async function source(all: readonly IndexedDocument[], removed: ReadonlySet<DocumentId>) {
  const built = await build(all);
  const store = memoryStore();
  await store.write({ put: built.blobs });
  const segment = await openSegment(store, { name: 'a', path: '', ...built }, createCache(0));
  const ordinals = await segment.locate([...removed]);
  return { segment, removed: new Set(ordinals.flatMap((place) => (place === undefined ? [] : [place.ordinal]))) };
}

describe('mergeSegments', () => {
  it('equals a fresh build of the same documents, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        documents({ maxLength: 16, vectors: true }),
        fc.array(fc.nat({ max: 2 }), { minLength: 16, maxLength: 16 }),
        fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
        async (all, parts, removals) => {
          const removed = new Set(all.filter((_, index) => removals[index]).map(({ document }) => document.id));
          const sources = await Promise.all(
            [0, 1, 2].map((part) =>
              source(
                all.filter((_, index) => parts[index] === part),
                removed,
              ),
            ),
          );
          const merged = await mergeSegments(sources, options);
          const fresh = await build(all.filter(({ document }) => !removed.has(document.id)));
          // Vectors of a source stay, even where every passage that had one is gone.
          if (merged.dimensions === fresh.dimensions) expect(merged).toEqual(fresh);
          expect(merged.blobs.get('lexicon')).toEqual(fresh.blobs.get('lexicon'));
          expect(merged.counts).toEqual(fresh.counts);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives passages without vectors rows of nothing', async () => {
    const none = new Set<DocumentId>();
    const sources = [
      await source([indexed({ id: 'b', texts: ['b'], vectors: true })], none),
      await source([indexed({ id: 'a', texts: ['a'] })], none),
    ];
    const { blobs } = await mergeSegments(sources, options);
    const scales = new Float32Array(blobs.get('vectors')?.slice(0, 8).buffer ?? new ArrayBuffer(0));
    expect([...scales]).toEqual([0, 1.5]);
  });
});

describe('nextMerge', () => {
  const record = (passages: number, live = passages): SegmentRecord => ({
    name: '',
    passages,
    dimensions: 0,
    headBytes: 0,
    headChecksum: 0,
    bytes: 0,
    live: { passages: live, documents: live, totals: [], languages: new Map() },
    removed: [],
  });

  it('ends with few segments, none above the limit, for any sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 100 })), { maxLength: 60 }), (sizes) => {
        let segments = sizes.map(([passages, dead]) => record(passages, Math.max(0, passages - dead)));
        let merged = 0;
        for (let chosen = nextMerge(segments, { largestSegment: 4000 }); chosen.length > 0; merged += 1) {
          const total = chosen.reduce((sum, index) => sum + (segments[index]?.live.passages ?? 0), 0);
          if (chosen.length > 1) expect(total).toBeLessThanOrEqual(4000);
          segments = [...segments.filter((_, index) => !chosen.includes(index)), record(total)];
          chosen = nextMerge(segments, { largestSegment: 4000 });
          expect(merged).toBeLessThan(200);
        }
        const small = segments.filter(({ live }) => live.passages < 1000);
        expect(small.length).toBeLessThan(12);
      }),
    );
  });

  it('rewrites a segment that is half empty', () => {
    expect(nextMerge([record(100), record(100, 50)])).toEqual([1]);
  });
});
