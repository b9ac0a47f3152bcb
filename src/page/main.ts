import { createSearch, type Search } from '../client/search.ts';
import { startEngine } from '../client/start.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { defineFindlingSearch, type FindlingSearch } from '../element/findling-search.ts';
import type { BackendName } from '../engine/types.ts';
import { linkOf } from './links.ts';
import { showFiles } from './own-files.ts';
import { part } from './part.ts';
import { counted } from './report.ts';

const base = new URL('./', document.baseURI).href;
const parameters = new URLSearchParams(location.search);

async function open(): Promise<Search> {
  const reranker = parameters.get('reranker');
  const backend = parameters.get('backend');
  return createSearch(startEngine, {
    name: parameters.get('corpus') ?? 'findling',
    published: [`${base}index/`],
    models: modelsFolder(parameters.get('models')),
    reranker: reranker ?? 'findling-rerank-tiny',
    ...(isBackend(backend) ? { backend } : {}),
    renew: parameters.has('renew'),
    allowFallbackAdapter: parameters.has('software-gpu'),
  });
}

/** Another models folder of this origin; a link must not make the page load what somebody else serves. */
function modelsFolder(path: string | null): string {
  const url = new URL(path ?? 'models/', base);
  if (url.origin !== location.origin) throw new SearchError('bad-input', 'Models come from this site only.');
  return url.href;
}

function isBackend(name: string | null): name is BackendName {
  return name === 'wasm' || name === 'webgpu';
}

async function showStatus(search: Search): Promise<void> {
  const { documents, passages, reranker, timings } = await search.status();
  const stages = Object.entries(timings).map(
    ([stage, { p50, p95 }]) => `${stage} ${p50.toFixed(1)} / ${p95.toFixed(1)} ms`,
  );
  const model =
    reranker === undefined
      ? ''
      : ` · ${reranker.model} on ${reranker.backend}, ${reranker.threads} thread${reranker.threads === 1 ? '' : 's'}`;
  part('#status').textContent =
    `${counted(documents, 'document')}, ${counted(passages, 'passage')}${model}${stages.length > 0 ? ` · p50 / p95: ${stages.join(', ')}` : ''}`;
}

const EXAMPLES = [
  'how do I serve files under a sub path',
  'wait until the network is quiet',
  'fuzzy matching of misspelled words',
  'run a model without a server',
];

function showExamples(box: FindlingSearch): void {
  const buttons = EXAMPLES.map((text) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', () => {
      box.query = text;
    });
    return button;
  });
  part('#hint').replaceChildren('Try: ', ...buttons);
}

/** The question stays with this entry of the history, for who comes back from a result; in the address it would leave the page. */
function keepQuestion(question: string): void {
  if (question !== keptQuestion()) history.replaceState({ question }, '');
}

/** Undefined at the first visit; '' where the box was emptied. */
function keptQuestion(): string | undefined {
  const question: unknown = history.state?.question;
  return typeof question === 'string' ? question : undefined;
}

async function workOffline(): Promise<void> {
  if ('serviceWorker' in navigator && import.meta.env.PROD) await navigator.serviceWorker.register('./sw.js');
}

async function main(): Promise<void> {
  defineFindlingSearch();
  const box = part<FindlingSearch>('findling-search');
  box.resolve = linkOf;
  showExamples(box);
  const starting = open();
  showFiles(starting, async () => {
    box.refresh();
    await showStatus(await starting);
  });
  const search = await starting;
  box.search = search;
  box.addEventListener('findling-answer', ({ detail }) => {
    if (detail.complete) keepQuestion(detail.query);
    showStatus(search).catch(() => undefined);
  });
  // No answer tells that the box was emptied.
  box.addEventListener('input', () => {
    if (box.query === '') keepQuestion('');
  });
  const question = keptQuestion() ?? parameters.get('q') ?? '';
  // Who was faster than the engine has asked already.
  if (question !== '' && box.query === '') box.query = question;
  // It may wait for a published index; questions do not.
  showStatus(search).catch(() => undefined);
  // For the console, and for tests that need an engine of their own beside the page's.
  Object.assign(globalThis, { findling: { search, createSearch, startEngine } });
  document.documentElement.dataset.ready = 'true';
  // Without it, or where it is refused, the page works while there is a line.
  workOffline().catch(() => undefined);
}

/** At the box, where somebody waits for an answer. */
function showFailure(cause: unknown): void {
  const again = document.createElement('button');
  again.type = 'button';
  again.textContent = 'Try again';
  again.addEventListener('click', () => {
    // What was asked is asked again.
    keepQuestion(part<FindlingSearch>('findling-search').query);
    location.reload();
  });
  const failure = part('#failure');
  failure.replaceChildren(`findling could not start: ${toSearchError(cause).message} `, again);
  failure.hidden = false;
}

main().catch(showFailure);
