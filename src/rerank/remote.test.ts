import { describe, expect, it } from 'vitest';
import { passage, question, recording } from './fixtures/passages.ts';
import { type RemoteRequest, remoteReranker, type Send } from './remote.ts';
import { testReranker } from './reranker.contract.ts';

const url = 'https://rerank.example/v2/rerank';

function answering(status: number, body: string | ((request: RemoteRequest) => string)) {
  const requests: { url: string; request: RemoteRequest }[] = [];
  const send: Send = async (to, request) => {
    requests.push({ url: to, request });
    return { status, text: async () => (typeof body === 'string' ? body : body(request)) };
  };
  return { send, requests };
}

const byLength = ({ body }: RemoteRequest) => {
  const { documents }: { documents: string[] } = JSON.parse(body);
  return JSON.stringify({ results: documents.map((text, index) => ({ index, relevance_score: text.length / 100 })) });
};

testReranker('remoteReranker', async () => ({
  reranker: remoteReranker({ url, model: 'm', send: answering(200, byLength).send }),
}));

describe('remoteReranker', () => {
  const passages = [passage('a', 'short', 'Title'), passage('b', 'a longer text')];

  it('speaks Cohere’s v2 form', async () => {
    const { send, requests } = answering(200, byLength);
    const reranker = remoteReranker({ url, model: 'rerank-v3.5', send, key: 'secret', maxTokensPerDocument: 512 });
    const found = await reranker.rerank(question('why'), passages, recording());
    expect(found.map(({ id }) => id)).toEqual(['b#0', 'a#0']);
    expect(requests[0]?.url).toBe(url);
    expect(requests[0]?.request.headers).toMatchObject({ authorization: 'Bearer secret' });
    expect(JSON.parse(requests[0]?.request.body ?? '')).toEqual({
      model: 'rerank-v3.5',
      query: 'why',
      documents: ['Title. short', 'a longer text'],
      top_n: 2,
      max_tokens_per_doc: 512,
    });
  });
  it.each([
    [401, '', 'bad-input'],
    [429, '', 'network'],
    [500, '', 'network'],
    [200, '<html>', 'corrupt'],
    [200, '{}', 'corrupt'],
    [200, '{"results":[{"index":2,"relevance_score":1}]}', 'corrupt'],
    [200, '{"results":[{"index":0,"relevance_score":"1"}]}', 'corrupt'],
    [200, '{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":2}]}', 'corrupt'],
    [200, '{"results":[null]}', 'corrupt'],
  ])('turns %s %s into %s', async (status, body, code) => {
    const reranker = remoteReranker({ url, model: 'm', send: answering(status, body).send });
    await expect(reranker.rerank(question('q'), passages, recording())).rejects.toMatchObject({ code });
  });
  it('gives up in time, and at once when the search is cancelled', async () => {
    const never: Send = () => new Promise(() => undefined);
    const slow = remoteReranker({ url, model: 'm', send: never, timeoutSeconds: 0.02 });
    await expect(slow.rerank(question('q'), passages, recording())).rejects.toMatchObject({ code: 'timeout' });
    const controller = new AbortController();
    const running = remoteReranker({ url, model: 'm', send: never }).rerank(
      question('q'),
      passages,
      recording(controller.signal),
    );
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });
  it('needs a whole URL, and asks nothing for no passages', async () => {
    const { send, requests } = answering(200, byLength);
    expect(() => remoteReranker({ url: '/rerank', model: 'm', send })).toThrow(/URL/);
    await remoteReranker({ url, model: 'm', send }).rerank(question('q'), [], recording());
    expect(requests).toEqual([]);
  });
});
