import { openDB } from 'idb';
import MiniSearch from 'minisearch';
import { serve } from '../../../src/client/glue.ts';
import type { BenchDocument } from './corpus.ts';

/** Plain MiniSearch as documentation sites use it (VitePress's options); texts are not stored. */
const OPTIONS = { fields: ['title', 'headings', 'body'] };
const SEARCH = { prefix: true, fuzzy: 0.2 };
const STORE = 'indexes';

const database = () => openDB('peer-minisearch', 1, { upgrade: (db) => void db.createObjectStore(STORE) });

let index: MiniSearch | undefined;

const jobs = {
  /** Indexes, writes the JSON to IndexedDB; its size in bytes (it is ASCII mostly). */
  async build(name: string, documents: readonly BenchDocument[]): Promise<number> {
    const made = new MiniSearch(OPTIONS);
    for (const { id, title, passages } of documents)
      made.addAll(
        passages.map(({ heading, text }, i) => ({ id: `${id}#${i}`, title, headings: heading.join(' '), body: text })),
      );
    const json = JSON.stringify(made);
    const db = await database();
    await db.put(STORE, json, name);
    db.close();
    return json.length;
  },
  async open(name: string): Promise<void> {
    const db = await database();
    const json: unknown = await db.get(STORE, name);
    db.close();
    if (typeof json !== 'string') throw new Error(`No index named ${name}.`);
    index = MiniSearch.loadJSON(json, OPTIONS);
  },
  async search(text: string): Promise<readonly string[]> {
    if (index === undefined) throw new Error('Call open() first.');
    return index
      .search(text, SEARCH)
      .slice(0, 10)
      .map(({ id }) => String(id));
  },
};

export type MiniSearchJobs = typeof jobs;

serve(() => jobs);
