// What the kernels' build scripts share: AssemblyScript to base64 in a TypeScript file, which core/inlined-wasm.ts compiles.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

/** Base64 of a kernel; `sources` are files of `folder`, the first of them what is compiled. */
export async function compiled(folder, sources, features) {
  let wasm;
  const options = `${sources[0]} --outFile kernel.wasm ${features} --runtime stub --importMemory --noAssert -O3 --converge`;
  const { error, stderr } = await asc.main(options.split(' '), {
    readFile: (name) => (sources.includes(name) ? readFileSync(join(folder, name), 'utf8') : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || wasm === undefined) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
  return Buffer.from(wasm).toString('base64');
}

/** Lines of an exported constant. */
export function constant(name, about, base64) {
  const lines = base64.match(/.{1,110}/g) ?? [];
  return [`/** ${about} */`, `export const ${name} =\n${lines.map((line) => `  '${line}'`).join(' +\n')};`, ''];
}

/** Writes `name`-kernel.ts, made from `name`.as.ts; with --check it writes nothing and fails on a difference. */
export function keep(folder, name, constants) {
  const target = join(folder, `${name}-kernel.ts`);
  const head = [`// Generated from ${name}.as.ts by \`npm run build:kernel\`; ${name}-kernel.test.ts compares.`, ''];
  const built = [...head, ...constants].join('\n');
  if (!process.argv.includes('--check')) writeFileSync(target, built);
  else if (readFileSync(target, 'utf8') !== built) {
    console.error(`${name}-kernel.ts is not what ${name}.as.ts compiles to. Run: npm run build:kernel`);
    process.exitCode = 1;
  }
}
