import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { SearchError } from '../core/errors.ts';
import { filterIn, filtersOf, type GivenFilters } from '../core/filters.ts';
import { numberOf, parsed } from './arguments.ts';

/** What may stand in findling.config.ts, and on the command line, which wins. */
export interface IndexConfig {
  readonly out?: string;
  readonly baseUrl?: string;
  readonly exclude?: readonly string[];
  /** Glob → score multiplier. */
  readonly weight?: Readonly<Record<string, number>>;
  /** Glob → what searches may be narrowed to: `{ 'guide/**': { section: 'Guide' } }`. */
  readonly filters?: Readonly<Record<string, GivenFilters>>;
  readonly cache?: string;
  readonly models?: string;
}

export interface IndexArguments {
  readonly folder: string;
  readonly config: Required<Pick<IndexConfig, 'out' | 'baseUrl' | 'exclude' | 'cache'>> & {
    readonly weights: readonly { readonly glob: string; readonly weight: number }[];
    readonly filters: readonly { readonly glob: string; readonly filters: GivenFilters }[];
    readonly models?: string;
  };
  readonly json: boolean;
  readonly watch: boolean;
}

export const INDEX_HELP = `findling index <folder> [options]

Reads the pages of a built site (.html; or .md, .mdx; and the lines of .jsonl files) and writes the index that the page
searches: a few static files, to be published with the site.

  --out <folder>       where to write it; <folder>/findling by default
  --base-url <url>     put before each page's path; / by default
  --exclude <glob>     pages to leave out: '*-draft.html', blog/drafts (a folder), drafts (any folder of that name); may be given several times
  --weight <glob=n>    score multiplier of pages, e.g. 'blog/**=0.5', 0 for none; may be given several times
  --filter <glob=name:value>  what searches may be narrowed to, e.g. 'guide/**=section:Guide'; may be given several times
  --config <file>      a module whose default export has these options; findling.config.ts, .mjs or .js by default
  --models <folder>    catalog.json and the embedder's weights; those of the package by default
  --cache <file>       what earlier runs made of each page; .cache/findling/… by default
  --watch              index again whenever a page changes
  --json               print a report as JSON
`;

const OPTIONS = {
  out: { type: 'string' },
  'base-url': { type: 'string' },
  exclude: { type: 'string', multiple: true },
  weight: { type: 'string', multiple: true },
  filter: { type: 'string', multiple: true },
  config: { type: 'string' },
  cache: { type: 'string' },
  models: { type: 'string' },
  watch: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Undefined where help was asked for. */
export async function indexArguments(args: readonly string[]): Promise<IndexArguments | undefined> {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0)
    throw new SearchError('bad-input', 'findling index takes one folder: that of the built site.');
  refuseBlanks({ 'the folder': folder, '--out': values.out, '--cache': values.cache, '--models': values.models });
  const given = await configOf(values.config);
  const out = resolve(values.out ?? given.out ?? `${folder}/findling`);
  const baseUrl = values['base-url'] ?? given.baseUrl ?? '/';
  if (!/^(?:\/|[a-z][a-z\d+.-]*:\/\/)/i.test(baseUrl))
    throw new SearchError(
      'bad-input',
      `--base-url takes a path from the host's root or a whole URL, e.g. /docs/, not '${baseUrl}': from pages in folders, other links would lead elsewhere.`,
    );
  const named = resolve(folder)
    .replace(/[^\w.-]+/g, '-')
    .replace(/^-/, '');
  const models = values.models ?? given.models;
  return {
    folder: resolve(folder),
    json: values.json,
    watch: values.watch,
    config: {
      out,
      baseUrl: baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`,
      exclude: [...(given.exclude ?? []), ...(values.exclude ?? [])],
      weights: [
        ...Object.entries(given.weight ?? {}).map(([glob, weight]) => ({ glob, weight })),
        ...(values.weight ?? []).map(weightOf),
      ],
      filters: [
        ...Object.entries(given.filters ?? {}).map(([glob, filters]) => ({ glob, filters: filtersOf(filters) ?? {} })),
        ...(values.filter ?? []).map(filterOf),
      ],
      cache: resolve(values.cache ?? given.cache ?? `.cache/findling/${named}.cache`),
      ...(models === undefined ? {} : { models: resolve(models) }),
    },
  };
}

function parse(args: readonly string[]) {
  return parsed('index', () => parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS }));
}

/** As a path the empty text of a variable that is not set would be the working folder, and `/findling` beside it. */
function refuseBlanks(paths: Readonly<Record<string, string | undefined>>): void {
  const [blank] = Object.entries(paths).find(([, path]) => path?.trim() === '') ?? [];
  if (blank !== undefined)
    throw new SearchError('bad-input', `A path was expected for ${blank}, not an empty text. Is a variable not set?`);
}

function weightOf(text: string): { glob: string; weight: number } {
  const at = text.lastIndexOf('=');
  const glob = text.slice(0, Math.max(0, at));
  const weight = numberOf(text.slice(at + 1));
  if (glob === '' || !isWeight(weight))
    throw new SearchError('bad-input', `--weight takes a glob and a number, e.g. 'blog/**=0.5', not '${text}'.`);
  return { glob, weight };
}

function filterOf(text: string): { glob: string; filters: GivenFilters } {
  const at = text.indexOf('=');
  const glob = text.slice(0, Math.max(0, at));
  const filters = filterIn(text.slice(at + 1));
  if (glob === '' || filters === undefined)
    throw new SearchError(
      'bad-input',
      `--filter takes a glob, a name and a value, e.g. 'guide/**=section:Guide', not '${text}'.`,
    );
  return { glob, filters };
}

function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

const CONFIG_NAMES = ['findling.config.ts', 'findling.config.mjs', 'findling.config.js'];

async function configOf(file: string | undefined): Promise<IndexConfig> {
  const path = resolve(file ?? CONFIG_NAMES.find((name) => existsSync(name)) ?? '');
  if (file === undefined && !CONFIG_NAMES.some((name) => existsSync(name))) return {};
  if (!existsSync(path)) throw new SearchError('not-found', `There is no configuration at ${path}.`);
  const module = await importConfig(path);
  const config: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (typeof config !== 'object' || config === null)
    throw new SearchError(
      'bad-input',
      `${path} must export its options as default, e.g. export default { exclude: ['drafts/**'] }.`,
    );
  return readConfig(config, path);
}

async function importConfig(path: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } catch (cause) {
    const advice = path.endsWith('.ts')
      ? ' Node reads TypeScript from 22.18 on; name it findling.config.mjs for older ones.'
      : '';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SearchError('bad-input', `${path} cannot be loaded: ${reason}.${advice}`, { cause });
  }
}

function readConfig(config: object, path: string): IndexConfig {
  const fields = new Map<string, unknown>(Object.entries(config));
  const known = ['out', 'baseUrl', 'exclude', 'weight', 'filters', 'cache', 'models'];
  for (const name of fields.keys())
    if (!known.includes(name))
      throw new SearchError('bad-input', `${path}: unknown option '${name}'; known: ${known.join(', ')}.`);
  const text = (name: 'out' | 'baseUrl' | 'cache' | 'models') => {
    const value = fields.get(name);
    if (value === undefined) return {};
    if (typeof value !== 'string') throw new SearchError('bad-input', `${path}: '${name}' must be a string.`);
    return { [name]: value };
  };
  const exclude = fields.get('exclude');
  if (exclude !== undefined && !(Array.isArray(exclude) && exclude.every((each) => typeof each === 'string')))
    throw new SearchError('bad-input', `${path}: 'exclude' must be an array of globs.`);
  const weight = fields.get('weight');
  if (weight !== undefined && !isWeights(weight))
    throw new SearchError('bad-input', `${path}: 'weight' must be an object of globs and numbers from 0 on.`);
  const filters = fields.get('filters');
  if (filters !== undefined && !isFilters(filters))
    throw new SearchError('bad-input', `${path}: 'filters' must be an object of globs, each with names and values.`);
  return {
    ...text('out'),
    ...text('baseUrl'),
    ...text('cache'),
    ...text('models'),
    ...(exclude === undefined ? {} : { exclude: exclude.map(String) }),
    ...(weight === undefined ? {} : { weight }),
    ...(filters === undefined ? {} : { filters }),
  };
}

function isWeights(value: unknown): value is Readonly<Record<string, number>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isWeight);
}

function isFilters(value: unknown): value is Readonly<Record<string, GivenFilters>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => filtersOf(each) !== undefined);
}
