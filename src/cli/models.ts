import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SearchError, toSearchError } from '../core/errors.ts';
import { loadCatalog, type ModelEntry, type ModelFile } from '../models/catalog.ts';
import { loadModelFile } from '../models/file.ts';
import { fileStore } from '../store/files.ts';
import { parsed } from './arguments.ts';
import { MODELS } from './node-engine.ts';

const HELP = `findling models list|verify [--models <folder>] [--json]

list    the models of a folder's catalog.json, with their bytes
verify  reads every file and compares its size and SHA-256 with the catalog; exit code 1 where one differs
`;

interface Checked {
  readonly model: string;
  readonly file: string;
  readonly bytes: number;
  readonly problem: string | undefined;
}

function filesOf(entry: ModelEntry): readonly ModelFile[] {
  return Object.values(entry.files).filter((file): file is ModelFile => file !== undefined);
}

/** Every file of the catalog, read and compared. */
export async function verifyModels(folder: string): Promise<readonly Checked[]> {
  const store = fileStore(folder);
  const { models } = await loadCatalog(store);
  const checked: Checked[] = [];
  for (const entry of models)
    for (const file of filesOf(entry)) {
      const problem = await loadModelFile(store, file).then(
        () => undefined,
        (error) => toSearchError(error).message,
      );
      checked.push({ model: entry.id, file: file.path, bytes: file.bytes, problem });
    }
  return checked;
}

/** Weights that lie in the folder and that no entry of the catalog names. */
async function unnamed(folder: string): Promise<readonly string[]> {
  const { models } = await loadCatalog(fileStore(folder));
  const named = new Set(models.flatMap((entry) => filesOf(entry).map(({ path }) => path)));
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter(
      (path) =>
        /\.(onnx|safetensors|i8|f32|bin)$/.test(path) && statSync(join(folder, path)).isFile() && !named.has(path),
    )
    .sort();
}

export async function modelsCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed('models', () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        models: { type: 'string', default: MODELS },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  );
  const [action] = positionals;
  if (values.help || action === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const folder = resolve(values.models);
  if (action === 'list') return list(folder, values.json);
  if (action === 'verify') return verify(folder, values.json);
  throw new SearchError('bad-input', `findling models knows 'list' and 'verify', not '${action}'.`);
}

async function list(folder: string, json: boolean): Promise<number> {
  const { models } = await loadCatalog(fileStore(folder));
  if (json) process.stdout.write(`${JSON.stringify(models)}\n`);
  else
    for (const entry of models)
      for (const { path, bytes } of filesOf(entry)) process.stdout.write(`${entry.id}  ${path}  ${bytes} bytes\n`);
  return 0;
}

async function verify(folder: string, json: boolean): Promise<number> {
  const [checked, strays] = [await verifyModels(folder), await unnamed(folder)];
  if (json) process.stdout.write(`${JSON.stringify({ checked, unnamed: strays })}\n`);
  else {
    for (const { file, problem } of checked)
      process.stdout.write(
        `${problem === undefined ? 'ok     ' : 'WRONG  '} ${file}${problem === undefined ? '' : `: ${problem}`}\n`,
      );
    for (const path of strays) process.stdout.write(`unnamed ${path}: no entry of catalog.json names it\n`);
  }
  return checked.some(({ problem }) => problem !== undefined) || strays.length > 0 ? 1 : 0;
}
