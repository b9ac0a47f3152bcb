import { SearchError } from '../core/errors.ts';

/** Document id → grade. 0 and below: judged, not relevant. */
export type Grades = ReadonlyMap<string, number>;
/** Query id → its judgements. A query is evaluated when it stands here. */
export type Qrels = ReadonlyMap<string, Grades>;

export interface RunRow {
  readonly document: string;
  readonly score: number;
}
/** Query id → documents found, none twice, in any order: scores decide. */
export type Run = ReadonlyMap<string, readonly RunRow[]>;

export interface JudgedDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export interface TestQuery {
  readonly id: string;
  readonly text: string;
  /** The asker's own grouping, from queries.jsonl. */
  readonly segment?: string;
}

/** One line of a qrels file; `line` counts from 1. */
export interface Judgement {
  readonly query: string;
  readonly document: string;
  readonly grade: number;
  readonly line: number;
}

export interface TestSet {
  readonly name: string;
  readonly documents: readonly JudgedDocument[];
  readonly queries: readonly TestQuery[];
  readonly qrels: Qrels;
}

/** `bad-input` at a place: "qrels/test.tsv:12: sentence". */
export function badLine(file: string, line: number, sentence: string, cause?: unknown): SearchError {
  return new SearchError('bad-input', `${file}:${line}: ${sentence}`, cause === undefined ? undefined : { cause });
}

/** A line of a text file with its number, counted from 1; blank lines are left out. */
export interface NumberedLine {
  readonly text: string;
  readonly line: number;
}

/** Splits at \n or \r\n and drops a byte-order mark; a file without a single filled line is bad-input. */
export function numberedLines(content: string, file: string): readonly NumberedLine[] {
  const lines = content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== '');
  if (lines.length === 0) throw badLine(file, 1, 'the file is empty; at least one line was expected.');
  return lines;
}

/** Grades that every reader of qrels files agrees on: 32-bit integers. */
const LARGEST_GRADE = 2 ** 31 - 1;

export function parseGrade(text: string, file: string, line: number): number {
  const grade = Number(text);
  if (!/^[+-]?\d+$/.test(text))
    throw badLine(file, line, `the grade must be a whole number, and ${JSON.stringify(text)} is none.`);
  if (Math.abs(grade) > LARGEST_GRADE)
    throw badLine(
      file,
      line,
      `the grade ${text} is too large; grades lie between -${LARGEST_GRADE} and ${LARGEST_GRADE}.`,
    );
  return grade;
}

/** Judgements as a table; the same pair judged twice is bad-input. */
export function qrelsOf(judgements: readonly Judgement[], file: string): Qrels {
  const qrels = new Map<string, Map<string, number>>();
  const lines = new Map<string, number>();
  for (const { query, document, grade, line } of judgements) {
    const pair = JSON.stringify([query, document]);
    const before = lines.get(pair);
    if (before !== undefined)
      throw badLine(
        file,
        line,
        `query "${query}" and document "${document}" are judged twice (first in line ${before}).`,
      );
    lines.set(pair, line);
    const grades = qrels.get(query) ?? new Map<string, number>();
    qrels.set(query, grades.set(document, grade));
  }
  return qrels;
}

/** Tells which ids exist; a Set does. */
export interface Known {
  has(id: string): boolean;
}

/**
 * A sentence where a run names documents that are neither in the corpus nor judged: they count as not relevant. A run that has
 * nothing in common with the test set is bad-input, because then the files don't belong together.
 */
export function checkRun(run: Run, file: string, qrels: Qrels, documents: Known | undefined): readonly string[] {
  const rows = [...run].flatMap(([query, found]) => (qrels.has(query) ? found.map((row) => ({ query, ...row })) : []));
  if (rows.length === 0) {
    const [[asked], [judged]] = [[...run.keys()], [...qrels.keys()]];
    throw new SearchError(
      'bad-input',
      `${file}: no result belongs to these queries: the run names queries like "${asked}", the judgements like "${judged}".`,
    );
  }
  if (documents === undefined) return [];
  const strange = rows.filter(({ query, document }) => !documents.has(document) && !qrels.get(query)?.has(document));
  if (strange.length === 0) return [];
  const more = strange.length > 1 ? `, nor are those of ${strange.length - 1} more of the ${rows.length} results` : '';
  const sentence = `${file}: document "${strange[0]?.document}" is not in the corpus${more};`;
  if (strange.length === rows.length)
    throw new SearchError('bad-input', `${sentence} no result belongs to this corpus.`);
  return [`${sentence} they count as not relevant.`];
}

/** What of a qrels file can be used, and one sentence with file and line for each kind of thing that can't. */
export interface CheckedQrels {
  readonly qrels: Qrels;
  readonly warnings: readonly string[];
}

function absentSentence(kind: string, absent: readonly Judgement[], all: number, file: string, then: string): string {
  const first = absent[0];
  const id = first === undefined ? '' : kind === 'document' ? first.document : first.query;
  return (
    `${file}:${first?.line ?? 1}: ${kind} "${id}" is not in the ${kind === 'document' ? 'corpus' : 'queries'}` +
    `${absent.length > 1 ? `, nor are those of ${absent.length - 1} more of the ${all} judgements` : ''}; ${then}`
  );
}

/**
 * Judgements of documents that the corpus lacks stay and count as never found, as in trec_eval: pooled collections
 * have them. Those of unknown queries are left out, since nothing can be asked. Each gives a warning; only when
 * nothing at all matches is it bad-input, because then the files don't belong together.
 */
export function checkQrels(
  judgements: readonly Judgement[],
  file: string,
  documents: Known | undefined,
  queries: Known | undefined,
): CheckedQrels {
  const warnings: string[] = [];
  const unknown = queries === undefined ? [] : judgements.filter(({ query }) => !queries.has(query));
  const missing = documents === undefined ? [] : judgements.filter(({ document }) => !documents.has(document));
  const all = judgements.length;
  if (unknown.length === all)
    throw new SearchError(
      'bad-input',
      absentSentence('query', unknown, all, file, 'no judgement belongs to these queries.'),
    );
  if (missing.length === all)
    throw new SearchError(
      'bad-input',
      absentSentence('document', missing, all, file, 'no judgement belongs to this corpus.'),
    );
  if (unknown.length > 0) warnings.push(absentSentence('query', unknown, all, file, 'they are left out.'));
  if (missing.length > 0) warnings.push(absentSentence('document', missing, all, file, 'they count as never found.'));
  const usable = unknown.length === 0 ? judgements : judgements.filter(({ query }) => queries?.has(query));
  return { qrels: qrelsOf(usable, file), warnings };
}
