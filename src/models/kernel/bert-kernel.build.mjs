// Compiles bert.as.ts twice and writes the bytes into bert-kernel.ts; with --check it writes nothing and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = import.meta.dirname;
const target = join(folder, 'bert-kernel.ts');
const SOURCES = ['bert.as.ts', 'products.as.ts'];

async function compile(features) {
  let wasm;
  const options = `bert.as.ts --outFile kernel.wasm ${features} --runtime stub --importMemory --noAssert -O3 --converge`;
  const { error, stderr } = await asc.main(options.split(' '), {
    readFile: (name) => (SOURCES.includes(name) ? readFileSync(join(folder, name), 'utf8') : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || wasm === undefined) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
  return Buffer.from(wasm).toString('base64');
}

function constant(name, about, base64) {
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [`/** ${about} */`, `export const ${name} =\n${lines.map((line) => `  '${line}'`).join(' +\n')};`, ''];
}

const plain = await compile('--enable simd');
const relaxed = await compile('--enable simd --enable relaxed-simd');
const built = [
  '// Generated from bert.as.ts by `npm run build:kernel`; bert-kernel.test.ts compares.',
  '',
  ...constant('BERT_KERNEL', 'The kernel with SIMD, base64. In the code, so that it costs no request.', plain),
  ...constant('BERT_KERNEL_RELAXED', 'The kernel with relaxed SIMD, base64.', relaxed),
].join('\n');
if (!process.argv.includes('--check')) writeFileSync(target, built);
else if (readFileSync(target, 'utf8') !== built) {
  console.error('bert-kernel.ts is not what bert.as.ts compiles to. Run: npm run build:kernel');
  process.exitCode = 1;
}
