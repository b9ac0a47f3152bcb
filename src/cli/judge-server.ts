import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SearchError, toSearchError } from '../core/errors.ts';
import { JUDGE_PAGE } from './judge-page.ts';
import type { JudgeSession } from './judge-session.ts';

const MAX_BODY = 100_000;

/**
 * The page and its few requests. Answers only to names of this machine and takes only JSON, so that no other site's
 * page can grade through the judge's browser.
 */
export function createJudgeServer(session: JudgeSession): Server {
  return createServer((request, response) => {
    handle(request, response, session).catch((cause) => {
      const error = toSearchError(cause);
      send(response, error.code === 'bad-input' ? 400 : 500, { error: error.message });
    });
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, session: JudgeSession): Promise<void> {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!['localhost', '127.0.0.1', '[::1]'].includes(host))
    return send(response, 403, { error: 'Only localhost is served.' });
  const url = new URL(request.url ?? '/', 'http://localhost');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:",
      });
      response.end(JUDGE_PAGE);
      return;
    case 'GET /queries':
      return send(response, 200, session.queries());
    case 'GET /results':
      return send(response, 200, await session.results(url.searchParams.get('query') ?? ''));
    case 'POST /grade': {
      const { query, document, grade } = await bodyOf(request);
      if (typeof query !== 'string' || typeof document !== 'string' || !(grade === null || typeof grade === 'number'))
        throw new SearchError('bad-input', 'query, document and grade were expected.');
      await session.grade(query, document, grade);
      return send(response, 200, {});
    }
    case 'POST /ask': {
      const { text } = await bodyOf(request);
      if (typeof text !== 'string') throw new SearchError('bad-input', 'text was expected.');
      return send(response, 200, await session.ask(text));
    }
    default:
      return send(response, 404, { error: `There is no ${url.pathname}.` });
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (request.headers['content-type'] !== 'application/json') throw new SearchError('bad-input', 'JSON was expected.');
  let text = '';
  for await (const part of request) {
    text += String(part);
    if (text.length > MAX_BODY) throw new SearchError('bad-input', 'This is too long.');
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value));
  } catch (cause) {
    throw new SearchError('bad-input', 'This is not JSON.', { cause });
  }
  throw new SearchError('bad-input', 'A JSON object was expected.');
}
