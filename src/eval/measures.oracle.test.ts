import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import reference from './fixtures/trec-eval.json' with { type: 'json' };
import { parseMeasure } from './measure-syntax.ts';
import { measureRun } from './measures.ts';
import { randomBits } from './significance.ts';

type Numbers = Readonly<Record<string, Readonly<Record<string, number>>>>;
interface Case {
  readonly qrels: Numbers;
  readonly run: Numbers;
}

function expectEqual({ qrels, run }: Case, expected: Numbers): void {
  const measures = Object.keys(expected).map(parseMeasure);
  const ours = measureRun(
    measures,
    new Map(
      Object.entries(run).map(([query, rows]) => [
        query,
        Object.entries(rows).map(([document, score]) => ({ document, score })),
      ]),
    ),
    new Map(Object.entries(qrels).map(([query, grades]) => [query, new Map(Object.entries(grades))])),
  );
  for (const [spelling, byQuery] of Object.entries(expected)) {
    const values = ours.values.get(parseMeasure(spelling).label);
    expect(Object.keys(byQuery).sort()).toEqual([...ours.queries].sort());
    ours.queries.forEach((query, index) => {
      expect(values?.[index], `${spelling} of ${query}`).toBeCloseTo(byQuery[query] ?? Number.NaN, 9);
    });
  }
}

describe('measures equal trec_eval', () => {
  it.each(reference.cases.map((each, index) => [index, each] as const))('committed case %i', (_, each) => {
    expectEqual(each as unknown as Case, each.values as unknown as Numbers);
  });

  const python = process.env.FINDLING_PYTHON ?? 'python3';
  const oracle = spawnSync(python, ['-c', 'import ir_measures, pytrec_eval'], { encoding: 'utf8' });
  const reason = oracle.status === 0 ? '' : ` (skipped: ${python} with ir_measures and pytrec_eval is not here)`;

  it.skipIf(reason !== '')(`fresh random cases, asked of ir_measures now${reason}`, () => {
    const random = randomBits(Date.now());
    const pick = (bound: number) => random() % bound;
    for (let round = 0; round < 5; round += 1) {
      const documents = Array.from({ length: 40 }, (_, index) => `doc${index}${['', 'é', '😀'][pick(3)]}`);
      const some = (count: number, value: () => number) =>
        Object.fromEntries(Array.from({ length: count }, () => [documents[pick(40)] ?? '', value()]));
      const queries = Array.from({ length: 20 }, (_, index) => `q${index}`);
      const given = {
        measures: Object.keys(reference.cases[0]?.values ?? {}),
        qrels: Object.fromEntries(queries.map((query) => [query, some(1 + pick(20), () => pick(6) - 1)])),
        run: Object.fromEntries(queries.slice(0, 19).map((query) => [query, some(pick(40), () => pick(8) / 4)])),
      };
      const answer = spawnSync(python, [join(import.meta.dirname, 'fixtures/oracle.py')], {
        input: JSON.stringify(given),
        encoding: 'utf8',
      });
      expect(answer.status, answer.stderr).toBe(0);
      expectEqual(given, JSON.parse(answer.stdout));
    }
  });
});
