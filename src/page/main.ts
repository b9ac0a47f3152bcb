import { createSearch, type Search } from '../client/search.ts';
import { startEngine } from '../client/start.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { defineFindlingSearch, type FindlingSearch } from '../element/findling-search.ts';
import type { BackendName } from '../engine/types.ts';
import { linkOf } from './links.ts';
import { showFiles } from './own-files.ts';

const base = new URL('./', document.baseURI).href;
const parameters = new URLSearchParams(location.search);

function open(): Promise<Search> {
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

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}.`);
  return element;
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
  byId('status').textContent =
    `${documents.toLocaleString('en')} documents, ${passages.toLocaleString('en')} passages${model}${stages.length > 0 ? ` · p50 / p95: ${stages.join(', ')}` : ''}`;
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
  byId('hint').replaceChildren('Try: ', ...buttons);
}

async function main(): Promise<void> {
  defineFindlingSearch();
  const box = document.querySelector<FindlingSearch>('findling-search');
  if (box === null) throw new Error('The page has no <findling-search>.');
  box.resolve = linkOf;
  showExamples(box);
  const search = await open();
  box.search = search;
  box.addEventListener('findling-answer', () => void showStatus(search).catch(() => undefined));
  showFiles(search, () => {
    box.refresh();
    return showStatus(search);
  });
  await showStatus(search);
  const question = parameters.get('q');
  if (question !== null) box.query = question;
  // For the console, and for tests that need an engine of their own beside the page's.
  Object.assign(globalThis, { findling: { search, createSearch, startEngine } });
  document.documentElement.dataset.ready = 'true';
  if ('serviceWorker' in navigator && import.meta.env.PROD) await navigator.serviceWorker.register('./sw.js');
}

main().catch((error) => {
  byId('status').textContent = `findling could not start: ${toSearchError(error).message}`;
});
