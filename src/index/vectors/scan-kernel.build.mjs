// Compiles scan.as.ts and writes the bytes into scan-kernel.ts; with --check it writes nothing and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = import.meta.dirname;
const target = join(folder, 'scan-kernel.ts');

async function compile() {
  let wasm;
  const options =
    'scan.as.ts --outFile kernel.wasm --enable simd --runtime stub --importMemory --noAssert -O3 --converge';
  const { error, stderr } = await asc.main(options.split(' '), {
    readFile: (name) => (name === 'scan.as.ts' ? readFileSync(join(folder, name), 'utf8') : null),
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
    '// Generated from scan.as.ts by `npm run build:kernel`; scan-kernel.test.ts compares.',
    '',
    '/** The compiled scan kernel, base64. In the code, so that it costs no request and no path to configure. */',
    `export const SCAN_KERNEL =\n${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

const built = moduleOf(await compile());
if (!process.argv.includes('--check')) writeFileSync(target, built);
else if (readFileSync(target, 'utf8') !== built) {
  console.error('scan-kernel.ts is not what scan.as.ts compiles to. Run: npm run build:kernel');
  process.exitCode = 1;
}
