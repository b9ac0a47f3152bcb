import { resolve } from 'node:path';
import type { Store } from '../core/ports.ts';
import type { Semantic } from '../engine/host.ts';
import { type LocalCorpus, openLocalCorpus } from '../engine/local-corpus.ts';
import { staticSpaceOf } from '../engine/spaces.ts';
import { readDocument } from '../ingest/document.ts';
import { CHUNKER_VERSION, splitPassages } from '../ingest/passages.ts';
import { loadCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { loadModelText } from '../models/file.ts';
import { loadStaticEmbedder } from '../models/sparse-embedder.ts';
import { createWordPiece } from '../models/wordpiece.ts';
import { fileStore } from '../store/files.ts';

/** The weights that come with the package. */
export const MODELS = resolve(import.meta.dirname, '../../models');

/** Tier 1 under Node: the static embedder, whole in memory. */
export async function nodeSemantic(models = MODELS): Promise<Semantic> {
  const store = fileStore(models);
  const entry = staticEmbedderEntry(await loadCatalog(store));
  const wordpiece = createWordPiece(await loadModelText(store, entry.files.vocabulary));
  return { embedder: await loadStaticEmbedder(store, entry, wordpiece), space: staticSpaceOf(entry) };
}

/** A corpus over any store, for the CLI: one process, so that its own queue is lock enough. */
export async function nodeCorpus(store: Store, semantic: Semantic): Promise<LocalCorpus> {
  return openLocalCorpus({
    name: 'cli',
    store,
    ...semantic,
    chunker: CHUNKER_VERSION,
    reading: async () => ({ read: readDocument, split: splitPassages }),
    lock: (job) => job(),
    announce: () => undefined,
  });
}
