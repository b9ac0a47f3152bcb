import { SearchError } from '../core/errors.ts';
import type { JudgedDocument, Qrels, TestQuery } from '../eval/collection.ts';
import { type Evaluable, type PipelineSpec, parsePipelines } from './eval-port.ts';

/** A query as the page lists it. */
export interface QuerySummary {
  readonly id: string;
  readonly text: string;
  /** Documents that have a grade. */
  readonly graded: number;
}

export interface GradedResult {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** Null: nobody judged it yet. */
  readonly grade: number | null;
}

export interface JudgeSession {
  queries(): readonly QuerySummary[];
  /** The best of several pipelines in one list, so that the judgements favour none; what is graded already stays in it. */
  results(query: string): Promise<readonly GradedResult[]>;
  /** Sets or (with null) takes back a grade, and saves. */
  grade(query: string, document: string, grade: number | null): Promise<void>;
  /** Adds a question of the judge's own, and saves. */
  ask(text: string): Promise<QuerySummary>;
}

export interface JudgeParts {
  readonly documents: readonly JudgedDocument[];
  readonly queries: readonly TestQuery[];
  /** Those of queries that are not among these are kept. */
  readonly qrels: Qrels;
  readonly evaluable: Pick<Evaluable, 'search'>;
  /** Pooled, each to `depth`. */
  readonly pipelines: string;
  readonly depth: number;
  /** Keeps all judgements: after each grade. */
  saveGrades(qrels: Qrels): Promise<void>;
  /** Keeps one more question. */
  addQuery(query: TestQuery): Promise<void>;
}

const GRADES = [0, 1, 2, 3];

/** Judging by hand: who grades what, kept and saved after each key. */
export function createJudgeSession(parts: JudgeParts): JudgeSession {
  const documents = new Map(parts.documents.map((document) => [document.id, document]));
  const queries = new Map(parts.queries.map((query) => [query.id, query]));
  const qrels = new Map([...parts.qrels].map(([query, grades]) => [query, new Map(grades)]));
  const specs = parsePipelines(parts.pipelines);
  // Saves go one after another: two keys in quick succession must not write over each other.
  let saved: Promise<void> = Promise.resolve();

  const known = (id: string): TestQuery => {
    const query = queries.get(id);
    if (query === undefined) throw new SearchError('bad-input', `There is no query "${id}".`);
    return query;
  };
  const summary = ({ id, text }: TestQuery): QuerySummary => ({ id, text, graded: qrels.get(id)?.size ?? 0 });
  const save = (write: () => Promise<void>) => {
    saved = saved.catch(() => undefined).then(write);
    return saved;
  };

  return {
    queries: () => [...queries.values()].map(summary),
    async results(id) {
      const found = await pooled(known(id).text, specs, parts);
      return [...new Set([...found, ...(qrels.get(id)?.keys() ?? [])])].flatMap((each) => {
        const document = documents.get(each);
        return document === undefined ? [] : [{ ...document, grade: qrels.get(id)?.get(each) ?? null }];
      });
    },
    async grade(query, document, grade) {
      known(query);
      if (!documents.has(document)) throw new SearchError('bad-input', `There is no document "${document}".`);
      if (grade !== null && !GRADES.includes(grade))
        throw new SearchError('bad-input', `A grade is one of ${GRADES.join(', ')}, not ${grade}.`);
      setGrade(qrels, query, document, grade);
      await save(() => parts.saveGrades(qrels));
    },
    async ask(text) {
      const words = text.trim().replace(/\s+/g, ' ');
      if (words === '') throw new SearchError('bad-input', 'The question is empty.');
      let number = queries.size + 1;
      // Judgements may outlive their question: a new one must not inherit them.
      while (queries.has(`own${number}`) || qrels.has(`own${number}`)) number += 1;
      const query = { id: `own${number}`, text: words, segment: 'own' };
      queries.set(query.id, query);
      await save(() => parts.addQuery(query));
      return summary(query);
    },
  };
}

function setGrade(
  qrels: Map<string, Map<string, number>>,
  query: string,
  document: string,
  grade: number | null,
): void {
  const grades = qrels.get(query) ?? new Map<string, number>();
  if (grade === null) grades.delete(document);
  else grades.set(document, grade);
  if (grades.size === 0) qrels.delete(query);
  else qrels.set(query, grades);
}

/** The best of each pipeline, mixed. */
async function pooled(
  text: string,
  specs: readonly PipelineSpec[],
  { evaluable, depth }: JudgeParts,
): Promise<readonly string[]> {
  const lists: (readonly string[])[] = [];
  for (const spec of specs) {
    const { rows } = await evaluable.search(text, spec, depth);
    lists.push(rows.slice(0, depth).map(({ document }) => document));
  }
  return interleave(lists);
}

/** First of each list, then second of each, …, without repetition. */
function interleave(lists: readonly (readonly string[])[]): readonly string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const all = Array.from({ length: longest }, (_, rank) => lists.flatMap((list) => list[rank] ?? [])).flat();
  return [...new Set(all)];
}
