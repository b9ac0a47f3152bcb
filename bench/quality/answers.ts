import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evaluable, Found, PipelineSpec } from '../../src/cli/eval-port.ts';

/** Answers between two writes: few enough to lose, many enough not to write all the time. */
const BATCH = 10;

/**
 * An evaluable that keeps the answers of reranked pipelines in `folder`, because they take hours on a small machine: an
 * interrupted run goes on where it was. Whoever changes code or models in between starts without `--resume`.
 */
export function withKeptAnswers(inner: Evaluable, folder: string, fresh: boolean): Evaluable {
  mkdirSync(folder, { recursive: true });
  const kept = new Map<string, Map<string, Found>>();
  const pathOf = (label: string) => join(folder, `${label.replace(/[^\w.-]+/g, '-')}.json`);
  const answersOf = (label: string): Map<string, Found> => {
    const known = kept.get(label);
    if (known !== undefined) return known;
    const path = pathOf(label);
    const read = new Map<string, Found>(!fresh && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []);
    kept.set(label, read);
    return read;
  };
  const keep = async (query: string, spec: PipelineSpec, ask: () => Promise<Found>): Promise<Found> => {
    if (spec.pipeline !== 'reranked') return ask();
    const answers = answersOf(spec.label);
    const known = answers.get(query);
    if (known !== undefined) return known;
    const found = await ask();
    answers.set(query, found);
    if (answers.size % BATCH === 0) save(spec.label);
    return found;
  };
  const save = (label: string) => writeFileSync(pathOf(label), JSON.stringify([...answersOf(label)]));
  return {
    ...inner,
    search: (query, spec, depth) => keep(query, spec, () => inner.search(query, spec, depth)),
    rerank: (query, documents, spec) => keep(query, spec, () => inner.rerank(query, documents, spec)),
    async close() {
      for (const label of kept.keys()) save(label);
      await inner.close();
    },
  };
}
