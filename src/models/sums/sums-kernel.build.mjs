// Compiles sums.as.ts and writes the bytes into sums-kernel.ts; with --check it writes nothing and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = import.meta.dirname;
const target = join(folder, 'sums-kernel.ts');

async function compile() {
  let wasm;
  const options =
    'sums.as.ts --outFile kernel.wasm --enable simd --runtime stub --importMemory --noAssert -O3 --converge';
  const { error, stderr } = await asc.main(options.split(' '), {
    readFile: (name) => (name === 'sums.as.ts' ? readFileSync(join(folder, name), 'utf8') : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || wasm === undefined) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
  return Buffer.from(wasm).toString('base64');
}

function moduleOf(base64) {
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [
    '// Generated from sums.as.ts by `npm run build:kernel`; sums-kernel.test.ts compares.',
    '',
    '/** The compiled kernel, base64. In the code, so that it costs no request and no path to configure. */',
    `export const SUMS_KERNEL =\n${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

const built = moduleOf(await compile());
if (!process.argv.includes('--check')) writeFileSync(target, built);
else if (readFileSync(target, 'utf8') !== built) {
  console.error('sums-kernel.ts is not what sums.as.ts compiles to. Run: npm run build:kernel');
  process.exitCode = 1;
}
