import {
  badLine,
  type JudgedDocument,
  type Judgement,
  type NumberedLine,
  numberedLines,
  parseGrade,
  type Qrels,
  type TestQuery,
} from './collection.ts';

function parseObject({ text, line }: NumberedLine, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badLine(
      file,
      line,
      `this line is not JSON (${error instanceof Error ? error.message : String(error)}).`,
      error,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badLine(file, line, 'a JSON object was expected on each line.');
  return Object.fromEntries(Object.entries(value));
}

function idOf(row: Readonly<Record<string, unknown>>, file: string, line: number): string {
  const id = row._id ?? row.id;
  if (typeof id === 'number') return String(id);
  if (typeof id !== 'string' || id.trim() === '') throw badLine(file, line, 'the id ("_id") is missing or empty.');
  return id;
}

function textOf(row: Readonly<Record<string, unknown>>, key: string, file: string, line: number): string | undefined {
  const value = row[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw badLine(file, line, `"${key}" must be a string.`);
  return value;
}

function refuseTwice(lines: Map<string, number>, id: string, file: string, line: number): void {
  const before = lines.get(id);
  if (before !== undefined) throw badLine(file, line, `the id "${id}" was given before, in line ${before}.`);
  lines.set(id, line);
}

/** BEIR's corpus.jsonl: `_id`, `title` (may lack), `text` on each line. */
export function parseCorpus(content: string, file: string): readonly JudgedDocument[] {
  const lines = new Map<string, number>();
  return numberedLines(content, file).map((each) => {
    const row = parseObject(each, file);
    const id = idOf(row, file, each.line);
    refuseTwice(lines, id, file, each.line);
    const text = textOf(row, 'text', file, each.line);
    if (text === undefined) throw badLine(file, each.line, `document "${id}" has no "text".`);
    return { id, title: textOf(row, 'title', file, each.line) ?? '', text };
  });
}

/** BEIR's queries.jsonl: `_id`, `text`, and `segment` where the asker groups queries. */
export function parseQueries(content: string, file: string): readonly TestQuery[] {
  const lines = new Map<string, number>();
  return numberedLines(content, file).map((each) => {
    const row = parseObject(each, file);
    const id = idOf(row, file, each.line);
    refuseTwice(lines, id, file, each.line);
    const text = textOf(row, 'text', file, each.line);
    if (text === undefined || text.trim() === '') throw badLine(file, each.line, `query "${id}" has no "text".`);
    const segment = textOf(row, 'segment', file, each.line);
    return segment === undefined ? { id, text } : { id, text, segment };
  });
}

function columnsOf({ text }: NumberedLine): readonly string[] {
  const columns = text.includes('\t') ? text.split('\t') : text.trim().split(/\s+/);
  return columns.map((column) => column.trim());
}

function isHeader(columns: readonly string[]): boolean {
  return /^((query|topic|q)[-_ ]?id|query|topic)$/i.test(columns[0] ?? '') && !/^[+-]?\d+$/.test(columns.at(-1) ?? '');
}

/**
 * Judgements of a qrels file: BEIR's three columns (query, document, grade; a header line is skipped) or TREC's four
 * (query, iteration, document, grade), between tabs or blanks. Which of them is told line by line.
 */
export function parseQrels(content: string, file: string): readonly Judgement[] {
  const all = numberedLines(content, file);
  const first = all[0];
  const lines = first !== undefined && isHeader(columnsOf(first)) ? all.slice(1) : all;
  if (lines.length === 0) throw badLine(file, 1, 'only a header stands here; no pair is judged.');
  return lines.map((each) => {
    const columns = columnsOf(each);
    if (columns.length !== 3 && columns.length !== 4)
      throw badLine(
        file,
        each.line,
        `three columns (query, document, grade) or TREC's four were expected, and ${columns.length} found.`,
      );
    const [query = '', document = '', grade = ''] =
      columns.length === 3 ? columns : [columns[0], columns[2], columns[3]];
    if (query === '' || document === '') throw badLine(file, each.line, 'the query or the document id is empty.');
    return { query, document, grade: parseGrade(grade, file, each.line), line: each.line };
  });
}

export function formatCorpus(documents: readonly JudgedDocument[]): string {
  return documents.map(({ id, title, text }) => `${JSON.stringify({ _id: id, title, text })}\n`).join('');
}

export function formatQueries(queries: readonly TestQuery[]): string {
  return queries
    .map(
      ({ id, text, segment }) =>
        `${JSON.stringify(segment === undefined ? { _id: id, text } : { _id: id, text, segment })}\n`,
    )
    .join('');
}

/** BEIR's tsv with its header; queries and documents in their order in `qrels`. */
export function formatQrels(qrels: Qrels): string {
  const rows = [...qrels].flatMap(([query, grades]) =>
    [...grades].map(([document, grade]) => `${query}\t${document}\t${grade}\n`),
  );
  return `query-id\tcorpus-id\tscore\n${rows.join('')}`;
}
