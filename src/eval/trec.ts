import { SearchError } from '../core/errors.ts';
import { badLine, numberedLines, type Run, type RunRow, type TestQuery } from './collection.ts';
import { byScoreThenIdDescending } from './order.ts';

/** TREC topics: `<top>` blocks with `<num>` and `<title>`, or lines of `id<tab>text`. */
export function parseTopics(content: string, file: string): readonly TestQuery[] {
  const queries = /<top>/i.test(content) ? parseTopicBlocks(content, file) : parseTopicLines(content, file);
  const lines = new Map<string, number>();
  return queries.map(({ id, text, line }) => {
    const before = lines.get(id);
    if (before !== undefined) throw badLine(file, line, `topic "${id}" was given before, in line ${before}.`);
    lines.set(id, line);
    return { id, text };
  });
}

interface Topic extends TestQuery {
  readonly line: number;
}

function parseTopicBlocks(content: string, file: string): readonly Topic[] {
  return [...content.matchAll(/<top>([\s\S]*?)(?=<top>|$(?![\s\S]))/gi)].map((match) => {
    const block = match[1] ?? '';
    const line = content.slice(0, match.index).split('\n').length;
    const field = (name: string) =>
      new RegExp(`<${name}>([\\s\\S]*?)(?=<\\/?[a-z]+>|$)`, 'i').exec(block)?.[1]?.replace(/\s+/g, ' ').trim() ?? '';
    const id = field('num').replace(/^number:?\s*/i, '');
    const text = field('title').replace(/^topic:\s*/i, '');
    if (id === '') throw badLine(file, line, 'this topic has no <num>.');
    if (text === '') throw badLine(file, line, `topic "${id}" has no <title>.`);
    return { id, text, line };
  });
}

function parseTopicLines(content: string, file: string): readonly Topic[] {
  return numberedLines(content, file).map(({ text: row, line }) => {
    const at = row.indexOf('\t');
    if (at < 0) throw badLine(file, line, 'two columns (topic id, tab, text) were expected.');
    const [id, text] = [row.slice(0, at).trim(), row.slice(at + 1).trim()];
    if (id === '' || text === '') throw badLine(file, line, 'the topic id or its text is empty.');
    return { id, text, line };
  });
}

function parseScore(text: string, file: string, line: number): number {
  const score = Number(text);
  if (text === '' || !Number.isFinite(score))
    throw badLine(file, line, `the score must be a number, and ${JSON.stringify(text)} is none.`);
  return score;
}

const RUN_COLUMNS = 6;

/** Between tabs ids may hold blanks. A file made elsewhere may have tabs and blanks side by side as well. */
function runColumns(text: string): readonly string[] {
  const columns = text.split('\t').map((column) => column.trim());
  return columns.length === RUN_COLUMNS && !columns.includes('') ? columns : text.trim().split(/\s+/);
}

/** A TREC run: query, Q0, document, rank, score, tag on each line. The rank column is not read, as in trec_eval. */
export function parseRun(content: string, file: string): Run {
  const run = new Map<string, RunRow[]>();
  const lines = new Map<string, number>();
  for (const { text, line } of numberedLines(content, file)) {
    const columns = runColumns(text);
    if (columns.length !== RUN_COLUMNS)
      throw badLine(
        file,
        line,
        `six columns (query, Q0, document, rank, score, tag) were expected, and ${columns.length} found.`,
      );
    const [query = '', , document = '', , score = ''] = columns;
    const pair = JSON.stringify([query, document]);
    const before = lines.get(pair);
    if (before !== undefined)
      throw badLine(
        file,
        line,
        `document "${document}" stands twice under query "${query}" (first in line ${before}).`,
      );
    lines.set(pair, line);
    const rows = run.get(query) ?? [];
    rows.push({ document, score: parseScore(score, file, line) });
    run.set(query, rows);
  }
  return run;
}

/**
 * A TREC run file, ranks from 1. The format has no ids with blanks: they stand between tabs, so that parseRun reads them as they
 * were. Blanks of the tag become `_`.
 */
export function formatRun(run: Run, tag: string): string {
  const word = tag.replace(/\s+/g, '_');
  return [...run]
    .flatMap(([query, rows]) =>
      [...rows]
        .sort(byScoreThenIdDescending)
        .map(({ document, score }, index) => runLine([query, 'Q0', document, String(index + 1), String(score), word])),
    )
    .join('');
}

function runLine(columns: readonly string[]): string {
  const broken = columns.find((column) => /[\t\n]/.test(column));
  if (broken !== undefined)
    throw new SearchError(
      'bad-input',
      `A run cannot hold the id ${JSON.stringify(broken)}: it has a tab or a line end.`,
    );
  return `${columns.join(columns.some((column) => /\s/.test(column)) ? '\t' : ' ')}\n`;
}
