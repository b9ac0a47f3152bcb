import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchOptions, median, type Peer, quantile, type Row, row } from '../row.ts';
import type { BenchQuestion } from './page/corpus.ts';
import type { Asked, AskOptions, Built } from './page/main.ts';
import type { Call, Site } from './site.ts';

/** Plain MiniSearch: loadJSON from IndexedDB, prefix and fuzzy 0.2, in a worker, texts not stored. */
const PEER = 'MiniSearch 7.2';
/** Keystrokes of a question at which it is asked; most of them early, where a prefix fits the most words. */
const KEYSTROKES = [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 36, 42];
/** Questions whose keystrokes are typed. */
const TYPED = 14;
/** The peer takes most of a second for one at 100k. */
const QUESTIONS = 100;
/** Questions in one turn; then the other side has its turn, so that a disturbance meets both. */
const TURN = 10;
/** Rest before each turn: what one side leaves behind must not be collected in the other's time. Two cores have no room for both. */
const REST_MS = 500;

export interface SizedCorpus {
  /** Passages, as rows name them: `20k`. */
  readonly label: string;
  /** URL of the corpus file. */
  readonly url: string;
  readonly questions: readonly BenchQuestion[];
}

export function sizeLabel(size: number): string {
  return size % 1000 === 0 ? `${size / 1000}k` : String(size);
}

/** Rows about one corpus: build, first result, typing, questions; everything a page would wait for. */
export async function measureCorpus(site: Site, corpus: SizedCorpus, options: BenchOptions): Promise<readonly Row[]> {
  const { label } = corpus;
  const peer = (value: number): Peer => ({ name: PEER, value });
  const wants = (...names: readonly string[]) => wanted(options, label, names);
  const rows: Row[] = [];
  const put = (name: string, value: number, unit: string, other?: number) =>
    rows.push(row('engine', `${name}.${label}`, value, unit, other === undefined ? undefined : peer(other)));

  options.say(`${label}: indexing, ours and ${PEER}…`);
  const [own, theirs] = await site.visit(async (call): Promise<readonly [Built, Built]> => {
    const built = await call('build', corpus.url, `bench-${label}`);
    options.say(`${label}: ours in ${(built.ms / 1000).toFixed(1)} s`);
    return [built, await call('buildPeer', corpus.url, `bench-${label}`)];
  });
  put('build', own.ms / 1000, 's', theirs.ms / 1000);
  put('stored', own.bytes / 1e6, 'MB', theirs.bytes / 1e6);
  if (wants('load')) {
    const loads = await firstResults(site, corpus, options, false);
    put('load.first-result', median(loads.own), 'ms', median(loads.peer));
    put('load.first-hybrid', median(loads.hybrid), 'ms', median(loads.peer));
    const fresh = await firstResults(site, corpus, options, true);
    put('load.fresh-browser', median(fresh.own), 'ms', median(fresh.peer));
  }
  if (!wants('typing', 'question', 'hybrid')) return rows;
  return site.visit(
    async (call) => {
      await call('open', `bench-${label}`);
      const texts = corpus.questions.slice(0, options.quick ? 8 : QUESTIONS).map(({ text }) => text);
      await call('ask', texts.slice(0, 5), { pipeline: 'hybrid', typing: true });
      await call('askPeer', texts.slice(0, 5));
      if (wants('typing')) {
        const keystrokes = typedTexts(texts.slice(0, options.quick ? 1 : TYPED));
        options.say(`${label}: ${keystrokes.length} keystrokes…`);
        const { own, peer } = await inTurns(call, keystrokes, { pipeline: 'lexical', typing: true });
        for (const [name, part] of PERCENTILES)
          put(`typing.${name}`, quantile(times(own), part), 'ms', quantile(times(peer), part));
      }
      if (!wants('question', 'hybrid')) return rows;
      options.say(`${label}: ${texts.length} questions…`);
      const asked = await inTurns(call, texts, { pipeline: 'lexical', typing: false });
      for (const [name, part] of PERCENTILES)
        put(`question.${name}`, quantile(times(asked.own), part), 'ms', quantile(times(asked.peer), part));
      put('question.top10', found(asked.own, corpus.questions), 'share', found(asked.peer, corpus.questions));
      const hybrid = await call('ask', texts, { pipeline: 'hybrid', typing: false });
      for (const [name, part] of PERCENTILES)
        put(`hybrid.${name}`, quantile(times(hybrid), part), 'ms', quantile(times(asked.peer), part));
      return rows;
    },
    { fresh: true },
  );
}

const PERCENTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
] as const;

function wanted({ only }: BenchOptions, label: string, names: readonly string[]): boolean {
  return only === undefined || names.some((name) => only.some((each) => startsEqual(each, name, label)));
}

/** `typing`, `typing.p95` and `typing.p95.20k` all ask for the part named `typing`, the last of one size only. */
function startsEqual(asked: string, name: string, label: string): boolean {
  const parts = asked.split('.');
  return parts[0] === name && (parts.length < 3 || parts.at(-1) === label);
}

/**
 * Cold: a new page and a new worker, nothing in memory, everything in IndexedDB. `fresh` starts the browser anew as
 * well; starting its storage service then takes both sides the same time.
 */
async function firstResults(
  site: Site,
  { label, questions }: SizedCorpus,
  { quick, say }: BenchOptions,
  fresh: boolean,
) {
  say(`${label}: first result in a ${fresh ? 'fresh browser' : 'new page'}…`);
  const loads = { own: [] as number[], hybrid: [] as number[], peer: [] as number[] };
  for (let round = 0; round < (quick ? 1 : fresh ? 5 : 15); round += 1) {
    const text = questions[round % questions.length]?.text ?? 'search';
    const name = `bench-${label}`;
    await sleep(REST_MS);
    const { ms, hybridMs } = await site.visit((call) => call('load', name, text), { fresh });
    loads.own.push(ms);
    loads.hybrid.push(hybridMs);
    await sleep(REST_MS);
    loads.peer.push((await site.visit((call) => call('loadPeer', name, text), { fresh })).ms);
  }
  return loads;
}

/** Each question as it grows under the fingers. */
function typedTexts(questions: readonly string[]): readonly string[] {
  return questions.flatMap((text) =>
    KEYSTROKES.filter((length) => length <= text.length).map((length) => text.slice(0, length)),
  );
}

/** Each turn begins with the text before it once more, not counted: the other's turn has emptied the processor's caches, and no page has two engines. */
async function inTurns(call: Call, texts: readonly string[], options: AskOptions) {
  const own: Asked[] = [];
  const peer: Asked[] = [];
  for (let at = 0; at < texts.length; at += TURN) {
    const turn = [texts.at(at - 1) ?? '', ...texts.slice(at, at + TURN)];
    await sleep(REST_MS);
    own.push(...(await call('ask', turn, options)).slice(1));
    await sleep(REST_MS);
    peer.push(...(await call('askPeer', turn)).slice(1));
  }
  return { own, peer };
}

function times(asked: readonly Asked[]): readonly number[] {
  return asked.map(({ ms }) => ms);
}

/** Share of questions whose source is among the first ten. */
function found(asked: readonly Asked[], questions: readonly BenchQuestion[]): number {
  const hits = asked.filter(({ ids }, i) => ids.includes(questions[i]?.source ?? '')).length;
  return hits / Math.max(1, asked.length);
}
