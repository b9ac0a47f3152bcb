import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';

/** A file of a model: where it lies under the models folder, and what its bytes must be. */
export interface ModelFile {
  /** A name for the Store: `/`-separated, relative to the folder of catalog.json. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Rows of int8 with a scale each; their sum over a text's tokens is its embedding. */
export interface StaticEmbedderEntry {
  readonly id: string;
  readonly kind: 'static-embedder';
  readonly revision: string;
  /** Length of a row; a shorter prefix of it is an embedding too (Matryoshka). */
  readonly dimensions: number;
  readonly files: { readonly rows: ModelFile; readonly scales: ModelFile; readonly vocabulary: ModelFile };
}

/**
 * How a cross-encoder's weights are stored. `kernel` is int8 for our own WASM kernel (models/kernel), the others are ONNX: int8 for
 * its WASM, the rest for WebGPU (FACTS.md P1).
 */
export const VARIANTS = ['kernel', 'int8', 'w4', 'w8', 'fp16', 'fp32'] as const;
export type Variant = (typeof VARIANTS)[number];

/** ONNX: int64 input_ids, attention_mask, token_type_ids [batch, sequence] → logits [batch, 1]. */
export interface CrossEncoderEntry {
  readonly id: string;
  readonly kind: 'cross-encoder';
  readonly revision: string;
  /** Query, passage and three special tokens together. */
  readonly maxTokens: number;
  /** The share that suits it in a blend with the fused order, 0 to 1. */
  readonly blend?: number;
  readonly files: { readonly vocabulary: ModelFile; readonly canary: ModelFile } & Readonly<
    Partial<Record<Variant, ModelFile>>
  >;
}

export type ModelEntry = StaticEmbedderEntry | CrossEncoderEntry;

/** The models that lie beside catalog.json. */
export interface ModelCatalog {
  readonly version: 1;
  readonly models: readonly ModelEntry[];
}

type Fields = Readonly<Record<string, unknown>>;

function wrong(where: string, expected: string): SearchError {
  return new SearchError('corrupt', `The model catalog is not readable: ${where} must be ${expected}.`);
}

function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where, 'an object');
  return value as Fields;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(where, 'a non-empty string');
  return value;
}

function whole(value: unknown, where: string, least: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw wrong(where, `a whole number, at least ${least}`);
  return value;
}

function modelFile(value: unknown, where: string): ModelFile {
  const { path, bytes, sha256 } = fields(value, where);
  const name = text(path, `${where}.path`);
  // A catalog may come from another origin: it must not lead out of its own folder.
  if (name.startsWith('/') || name.includes('\\') || name.includes(':') || name.split('/').includes('..'))
    throw wrong(`${where}.path`, 'a path inside the models folder');
  const hash = text(sha256, `${where}.sha256`);
  if (!/^[0-9a-f]{64}$/.test(hash)) throw wrong(`${where}.sha256`, '64 lower-case hex digits');
  return { path: name, bytes: whole(bytes, `${where}.bytes`, 1), sha256: hash };
}

function modelEntry(value: unknown, where: string): ModelEntry | undefined {
  const entry = fields(value, where);
  const [id, revision] = [text(entry.id, `${where}.id`), text(entry.revision, `${where}.revision`)];
  const kind = text(entry.kind, `${where}.kind`);
  const files = fields(entry.files, `${where}.files`);
  const file = (name: string) => modelFile(files[name], `${where}.files.${name}`);
  if (kind === 'static-embedder') {
    const dimensions = whole(entry.dimensions, `${where}.dimensions`, 1);
    const all = { rows: file('rows'), scales: file('scales'), vocabulary: file('vocabulary') };
    return { id, kind, revision, dimensions, files: all };
  }
  // A newer catalog may name kinds that this version does not know: they are no reason to lose the others.
  if (kind !== 'cross-encoder') return undefined;
  const variants = VARIANTS.filter((name) => files[name] !== undefined);
  if (variants.length === 0) throw wrong(`${where}.files`, `an object with one of ${VARIANTS.join(', ')}`);
  const weights: Partial<Record<Variant, ModelFile>> = Object.fromEntries(variants.map((name) => [name, file(name)]));
  const maxTokens = whole(entry.maxTokens, `${where}.maxTokens`, 8);
  const { blend } = entry;
  if (blend !== undefined && !(typeof blend === 'number' && blend >= 0 && blend <= 1))
    throw wrong(`${where}.blend`, 'a number from 0 to 1');
  return {
    id,
    kind,
    revision,
    maxTokens,
    ...(blend === undefined ? {} : { blend }),
    files: { ...weights, vocabulary: file('vocabulary'), canary: file('canary') },
  };
}

/** Reads catalog.json. SearchError('corrupt') names the field that is wrong; entries of unknown kinds are left out. */
export function parseCatalog(json: string): ModelCatalog {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SearchError('corrupt', 'The model catalog is not JSON.', { cause });
  }
  const { version, models } = fields(value, 'catalog');
  if (version !== 1) throw wrong('version', '1');
  if (!Array.isArray(models)) throw wrong('models', 'an array');
  const read = models.flatMap((each, at) => modelEntry(each, `models[${at}]`) ?? []);
  const twice = read.find(({ id }, at) => read.findIndex((other) => other.id === id) !== at);
  if (twice !== undefined) throw wrong('models', `free of doubles: ${twice.id} is there twice`);
  return { version: 1, models: read };
}

/** Reads and parses `catalog.json` of a models folder; 'not-found' where there is none. */
export async function loadCatalog(store: Store, signal?: AbortSignal): Promise<ModelCatalog> {
  const bytes = await store.read('catalog.json', undefined, signal);
  if (bytes === undefined)
    throw new SearchError('not-found', 'There is no catalog.json in the models folder: serve models/ beside the page.');
  return parseCatalog(new TextDecoder().decode(bytes));
}

/** The static embedder of that id, or the first one; SearchError('not-found') names those there are. */
export function staticEmbedderEntry(catalog: ModelCatalog, id?: string): StaticEmbedderEntry {
  return pick(catalog, 'static-embedder', id);
}

/** The cross-encoder of that id, or the first one; SearchError('not-found') names those there are. */
export function crossEncoderEntry(catalog: ModelCatalog, id?: string): CrossEncoderEntry {
  return pick(catalog, 'cross-encoder', id);
}

function pick<Kind extends ModelEntry['kind']>(catalog: ModelCatalog, kind: Kind, id: string | undefined) {
  const known = catalog.models.filter((model): model is Extract<ModelEntry, { kind: Kind }> => model.kind === kind);
  const found = id === undefined ? known[0] : known.find((model) => model.id === id);
  if (found !== undefined) return found;
  const names = known.map((model) => model.id).join(', ');
  throw new SearchError('not-found', `No ${kind} named ${id ?? '(any)'} in the catalog; it has: ${names || 'none'}.`);
}
