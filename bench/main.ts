import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { saveResults, writeReport } from './report.ts';
import type { BenchOptions, Row, Suite } from './row.ts';
import { table } from './table.ts';

const USAGE = `npm run bench -- SUITE [--json] [--save] [--quick] [--only NAME,…] [--sizes 5000,20000,…]
npm run bench -- report    writes docs/benchmarks.md anew from bench/results/

  --json    only a JSON array on standard output (npm's own banner aside: npm run --silent bench -- …)
  --save    keeps the rows in bench/results/SUITE.json and writes docs/benchmarks.md
  --only    rows whose names begin so
  --sizes   passages, for suites that measure several
  --quick   few repetitions: shows that it works, not how fast it is
`;

/** A suite is a file of bench/ that is not one of the harness's own. */
const OWN = new Set(['main', 'row', 'report', 'table', 'aims']);

function suites(): readonly string[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => /^[a-z-]+\.ts$/.test(name))
    .map((name) => name.slice(0, -3))
    .filter((name) => !OWN.has(name));
}

function isSuite(module: object): module is Suite {
  return 'run' in module && typeof module.run === 'function';
}

async function runSuite(name: string, options: BenchOptions): Promise<readonly Row[]> {
  const module: unknown = await import(`./${name}.ts`);
  if (typeof module !== 'object' || module === null || !isSuite(module))
    throw new Error(`bench/${name}.ts is no suite: it has no function run(options).`);
  return module.run(options);
}

function listOf(value: string | undefined): readonly string[] | undefined {
  return value?.split(',').filter((each) => each !== '');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      sizes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [suite] = positionals;
  if (suite === 'report') {
    writeReport();
    return 0;
  }
  if (values.help || suite === undefined || !suites().includes(suite)) {
    process.stderr.write(`${USAGE}\nSuites: ${suites().join(', ')}\n`);
    return values.help ? 0 : 2;
  }
  const only = listOf(values.only);
  const sizes = listOf(values.sizes)?.map(Number);
  if (sizes?.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    process.stderr.write(`--sizes takes whole numbers with commas between them, not ${values.sizes}.\n`);
    return 2;
  }
  const rows = await runSuite(suite, {
    quick: values.quick,
    ...(only === undefined ? {} : { only }),
    ...(sizes === undefined ? {} : { sizes }),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));
  if (values.save) saveResults(suite, rows);
  return 0;
}

process.exitCode = await main();
