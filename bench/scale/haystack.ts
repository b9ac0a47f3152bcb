import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SearchableCorpus } from '../../src/engine/moments.ts';
import { staticIndex } from '../../src/engine/static-index.ts';
import type { PipelineName } from '../../src/engine/types.ts';
import { parseCorpus } from '../../src/eval/beir.ts';
import { fileStore } from '../../src/store/files.ts';
import { EVAL, judgedNdcg, SETS } from '../judged.ts';
import { type Row, row } from '../row.ts';
import { builtIndex } from './building.ts';
import { CACHE, type ScaleCorpus } from './corpus.ts';
import { wholeLists } from './overlap.ts';

const PIPELINES: readonly PipelineName[] = ['lexical', 'hybrid'];
const PEER = 'whole lists';

/**
 * nDCG@10 of judged sets whose documents lie among those of a large corpus, with outlines of common words and with whole
 * lists. In an index of their own they are too small to have common words.
 */
export async function haystackQuality(corpus: ScaleCorpus, size: string): Promise<readonly Row[]> {
  const sets = SETS.filter((name) => existsSync(join(EVAL, name)));
  if (sets.length === 0) return [];
  const folder = join(CACHE, `haystack-${size}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  linkSync(join(corpus.folder, 'rows.jsonl'), join(folder, 'rows.jsonl'));
  for (const name of sets) writeFileSync(join(folder, `${name}.jsonl`), linesOf(name));
  const built = await builtIndex({ ...corpus, folder }, CACHE, `haystack-${size}`);
  const rows: Row[] = [];
  const outlined = staticIndex('haystack', fileStore(built.folder));
  const whole: SearchableCorpus = {
    ...outlined,
    async moment(signal) {
      const moment = await outlined.moment(signal);
      return { ...moment, terms: wholeLists(moment.terms) };
    },
  };
  for (const name of sets)
    for (const pipeline of PIPELINES) {
      const ndcg = (corpus: SearchableCorpus) =>
        judgedNdcg({ set: name, corpus, pipeline, documentOf: (passage) => judgedId(passage?.url, name) });
      const value = await ndcg(outlined);
      const exact = await ndcg(whole);
      rows.push(row('scale', `ndcg.${pipeline}.${name}.${size}`, value, 'nDCG@10', { name: PEER, value: exact }));
    }
  return rows;
}

function linesOf(name: string): string {
  const corpus = parseCorpus(readFileSync(join(EVAL, name, 'corpus.jsonl'), 'utf8'), name);
  const lines = corpus.map(({ id, title, text }) =>
    JSON.stringify({ url: addressOf(name, id), title: title ?? '', text, language: 'en' }),
  );
  return `${lines.join('\n')}\n`;
}

const prefixOf = (name: string) => `judged/${name}/`;
const addressOf = (name: string, id: string) => `/${prefixOf(name)}${encodeURIComponent(id)}`;

/** A judged document's id, or an address that no judgement names. */
function judgedId(url: string | undefined, name: string): string {
  const at = url?.indexOf(prefixOf(name)) ?? -1;
  return url === undefined || at < 0 ? `other ${url}` : decodeURIComponent(url.slice(at + prefixOf(name).length));
}
