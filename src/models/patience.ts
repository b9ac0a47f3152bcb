import { SearchError } from '../core/errors.ts';
import type { ModelHost, ProgressListener } from './host.ts';
import type { SpawnedHost } from './selection.ts';

export interface PatienceOptions {
  /** Longest silence while a model is loaded and proven, in milliseconds; each part of a download breaks it. Two minutes by default. */
  readonly loadMs?: number;
  /** For a call with texts: this, and … ; 20 s by default. */
  readonly callMs?: number;
  /** … this for each text; 5 s by default, ten times what the slowest phone takes for the largest model. */
  readonly textMs?: number;
}

/**
 * A model host that does not wait for ever: one that is silent for too long, in an endless loop or a driver that never
 * answers, is ended, and its call fails with SearchError('timeout'). A dead worker is noticed without this. Calls wait
 * for each other in the worker: the time of each begins when those before it have settled.
 */
export function patientHost(worker: SpawnedHost, options: PatienceOptions = {}): SpawnedHost {
  const { loadMs = 120_000, callMs = 20_000, textMs = 5_000 } = options;
  const { host, terminate } = worker;
  let last: Promise<unknown> = Promise.resolve();

  const within = <T>(ms: number, doing: string, call: (renew: () => void) => Promise<T>): Promise<T> => {
    const before = last;
    const answer = new Promise<T>((resolve, reject) => {
      const end = () => {
        const message = `${doing} did not answer for ${Math.round(ms / 1000)} s, and was ended. The next question starts it anew.`;
        reject(new SearchError('timeout', message));
        terminate();
      };
      let timer: ReturnType<typeof setTimeout> | undefined;
      let settled = false;
      const renew = () => {
        clearTimeout(timer);
        if (!settled) timer = setTimeout(end, ms);
      };
      before.then(renew);
      call(renew)
        .then(resolve, reject)
        .finally(() => {
          settled = true;
          clearTimeout(timer);
        });
    });
    // Without their values: each would be kept by the one after it.
    last = Promise.allSettled([before, answer]).then(() => undefined);
    return answer;
  };
  const heard = (renew: () => void, onProgress: ProgressListener | undefined): ProgressListener => {
    return (progress) => {
      renew();
      onProgress?.(progress);
    };
  };
  const forTexts = (count: number) => callMs + count * textMs;

  const patient: ModelHost = {
    abilities: (asked) => within(loadMs, 'The model worker', () => host.abilities(asked)),
    loadReranker: (spec, signal, onProgress) =>
      within(loadMs, 'Loading the reranker', (renew) => host.loadReranker(spec, signal, heard(renew, onProgress))),
    loadEmbedder: (spec, signal, onProgress) =>
      within(loadMs, 'Loading the embedder', (renew) => host.loadEmbedder(spec, signal, heard(renew, onProgress))),
    score: (query, texts, signal) =>
      within(forTexts(texts.length), 'The reranker', () => host.score(query, texts, signal)),
    embedQuery: (text, signal) => within(forTexts(1), 'The embedder', () => host.embedQuery(text, signal)),
    embedPassages: (texts, signal) =>
      within(forTexts(texts.length), 'The embedder', () => host.embedPassages(texts, signal)),
    info: () => host.info(),
    close: () => host.close(),
  };
  return { host: patient, terminate };
}
