import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { passageText } from '../core/passage-text.ts';
import type { Reranker } from '../core/ports.ts';
import { ranking, type ScoredPassage } from '../core/ranking.ts';

export interface RemoteRequest {
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** What the platform's fetch does for such a request; the caller gives it, because this room does no I/O. */
export type Send = (
  url: string,
  request: RemoteRequest,
) => Promise<{ readonly status: number; text(): Promise<string> }>;

export interface RemoteRerankerOptions {
  /** The whole address, e.g. `https://api.cohere.com/v2/rerank`. There is no default: texts leave the page only for a URL that the caller has written. */
  readonly url: string;
  readonly model: string;
  readonly send: Send;
  /** Sent as `Authorization: Bearer …`. A key in a public page is public: name a proxy of your own there. */
  readonly key?: string;
  readonly name?: string;
  readonly maxTokensPerDocument?: number;
  /** 10 by default. */
  readonly timeoutSeconds?: number;
}

/** Services refuse more documents in one request. */
const MOST_DOCUMENTS = 1000;

function failure(status: number): SearchError {
  if (status === 401 || status === 403)
    return new SearchError('bad-input', `The rerank service refused the key (${status}): check key and model.`);
  if (status === 429)
    return new SearchError('network', 'The rerank service has had too many requests (429): try again later.');
  return new SearchError('network', `The rerank service answered with ${status}.`);
}

/** `results: [{ index, relevance_score }]`, proven to speak of our documents, each once. */
function readResults(text: string, count: number): readonly { readonly index: number; readonly score: number }[] {
  const wrong = (what: string, cause?: unknown) =>
    new SearchError('corrupt', `The rerank service's answer is not of Cohere's v2 form: ${what}.`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong('no JSON', cause);
  }
  const results = typeof value === 'object' && value !== null && 'results' in value ? value.results : undefined;
  if (!Array.isArray(results)) throw wrong('no results');
  const seen = new Set<number>();
  return results.map((result: { index?: unknown; relevance_score?: unknown } | null) => {
    const { index, relevance_score: score } = result ?? {};
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= count || seen.has(index))
      throw wrong(`index ${String(index)} of ${count} documents`);
    if (typeof score !== 'number' || !Number.isFinite(score)) throw wrong('a relevance_score that is no number');
    seen.add(index);
    return { index, score };
  });
}

/**
 * Reranks through a service with Cohere's v2 API (Voyage, Jina, vLLM and others offer the same form). Query and
 * texts leave the machine. SearchError 'network', 'timeout', 'bad-input' (key) or 'corrupt' (answer).
 */
export function remoteReranker(options: RemoteRerankerOptions): Reranker {
  const { url, model, send, key, name = 'reranked', timeoutSeconds = 10 } = options;
  if (!/^https?:\/\//.test(url))
    throw new SearchError('bad-input', `A remote reranker needs a whole http(s) URL, not ${JSON.stringify(url)}.`);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };

  const ask = async (body: string, outer: AbortSignal): Promise<string> => {
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const signal = AbortSignal.any([outer, timeout]);
    try {
      const answer = await abortable(send(url, { method: 'POST', headers, body, signal }), signal);
      if (answer.status !== 200) throw failure(answer.status);
      return await abortable(answer.text(), signal);
    } catch (error) {
      throwIfAborted(outer);
      if (timeout.aborted)
        throw new SearchError('timeout', `The rerank service did not answer within ${timeoutSeconds} s.`, {
          cause: error,
        });
      throw toSearchError(error, 'network');
    }
  };

  return {
    name,
    async rerank(query, passages, context) {
      throwIfAborted(context.signal);
      const pool = passages.slice(0, MOST_DOCUMENTS);
      if (pool.length === 0) return ranking([]);
      const body = JSON.stringify({
        model,
        query: query.plain.trim() === '' ? query.text : query.plain,
        documents: pool.map((passage) => passageText(passage)),
        top_n: pool.length,
        ...(options.maxTokensPerDocument === undefined ? {} : { max_tokens_per_doc: options.maxTokensPerDocument }),
      });
      const results = readResults(await ask(body, context.signal), pool.length);
      return ranking(
        results.flatMap(({ index, score }): ScoredPassage[] => {
          const passage = pool[index];
          return passage === undefined ? [] : [{ id: passage.id, score }];
        }),
      );
    },
  };
}
