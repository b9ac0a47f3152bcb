import { filtersOf, type GivenFilters } from '../core/filters.ts';

export interface FrontMatter {
  readonly title: string;
  readonly description: string;
  readonly language: string;
  /** Of `filters`: a name and a value, or a list of values, in each line. */
  readonly filters: GivenFilters;
  /** The document without its front matter. */
  readonly body: string;
}

/** Front matter longer than this is text that happens to begin with a rule. */
const LONGEST = 50_000;

/** Splits YAML front matter off a Markdown text. Front matter that is no YAML is left out, without an error. */
export async function splitFrontMatter(markdown: string): Promise<FrontMatter> {
  const none = { title: '', description: '', language: '', filters: {}, body: markdown };
  const opening = /^---[ \t]*\n/.exec(markdown);
  if (opening === null) return none;
  const closing = /^(?:---|\.\.\.)[ \t]*(?:\n|$)/gm;
  closing.lastIndex = opening[0].length;
  const end = closing.exec(markdown.slice(0, LONGEST));
  if (end === null) return none;
  const yaml = markdown.slice(opening[0].length, end.index);
  const body = markdown.slice(end.index + end[0].length);
  const fields = await readFields(yaml);
  if (fields === undefined) return looksLikeFields(yaml) ? { ...none, body } : none;
  const field = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  };
  const language = [field('language'), field('lang'), field('locale')].find((each) => each !== '') ?? '';
  const filters = fields.filters === undefined ? {} : (filtersOf((await readFields(yaml, true))?.filters) ?? {});
  return { title: field('title'), description: field('description'), language, filters, body };
}

/** `asWritten`: without types, by which `2.0` would be 2. */
async function readFields(yaml: string, asWritten = false): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { parse } = await import('yaml');
  try {
    // No aliases: a few lines of them unfold to gigabytes.
    const value: unknown = parse(yaml, {
      maxAliasCount: 0,
      logLevel: 'silent',
      ...(asWritten ? { schema: 'failsafe' } : {}),
    });
    if (value === null) return {};
    return typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A thematic break, then prose, then another is no front matter; broken YAML is. */
function looksLikeFields(yaml: string): boolean {
  return /^[\w-]+:(?:\s|$)/.test(yaml);
}
