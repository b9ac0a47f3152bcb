import type { Search } from '../client/search.ts';
import type { Source } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import type { IndexProgress, IndexReport } from '../engine/types.ts';
import { droppedFiles, type Gathered, gather } from './files.ts';

function part<T extends HTMLElement>(selector: string): T {
  const element = document.querySelector<T>(selector);
  if (element === null) throw new Error(`The page has no ${selector}.`);
  return element;
}

/** The section of the visitor's own files: drop, pick, progress, list, removal. */
export function showFiles(search: Search, onChange: () => Promise<void>): void {
  const section = part('#files');
  let stop: AbortController | undefined;

  const list = async () => {
    const documents = await search.documents();
    part('#documents').replaceChildren(
      ...documents.map((each) => item(each.title === '' ? each.url : each.title, each.passages, () => remove(each.id))),
    );
  };
  const changed = async () => {
    await list();
    await onChange();
  };
  const remove = async (id: string) => {
    await search.remove([id]);
    await changed();
  };
  const index = async (gathered: Gathered) => {
    stop = new AbortController();
    part('#progress').hidden = false;
    try {
      const report = await search.add(gathered.sources, { signal: stop.signal, onProgress: showProgress });
      showReport(report, gathered.ignored);
    } catch (cause) {
      const error = toSearchError(cause);
      part('#report').textContent =
        error.code === 'aborted'
          ? 'Stopped. What is indexed stays; the rest goes on at the next visit.'
          : error.message;
    } finally {
      part('#progress').hidden = true;
      await changed();
    }
  };
  const take = async (files: readonly { path: string; file: File }[]) => {
    const gathered = await gather(files);
    if (gathered.sources.length === 0)
      part('#report').textContent = 'None of these files is Markdown, HTML, text or PDF.';
    else await index(gathered);
  };

  part('#stop').addEventListener('click', () => stop?.abort());
  for (const id of ['#pick-files', '#pick-folder']) {
    const input = part<HTMLInputElement>(id);
    const picked = () => {
      void take([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
      input.value = '';
    };
    input.addEventListener('change', picked);
    // Picked while the engine was still starting.
    if ((input.files?.length ?? 0) > 0) picked();
  }
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    section.classList.add('over');
  });
  document.addEventListener('dragleave', () => section.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    section.classList.remove('over');
    if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(take);
  });
  void list().then(() => resume(search, index));
}

/** Goes on with what a closed tab left undone. */
async function resume(search: Search, index: (gathered: Gathered) => Promise<void>): Promise<void> {
  const { pending } = await search.status();
  const nothing: readonly Source[] = [];
  if (pending > 0) await index({ sources: nothing, ignored: [] });
}

function item(name: string, passages: number, remove: () => void): HTMLLIElement {
  const element = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Remove';
  button.setAttribute('aria-label', `Remove ${name}`);
  button.addEventListener('click', remove);
  const label = document.createElement('span');
  label.textContent = `${name} (${counted(passages)})`;
  element.append(label, button);
  return element;
}

function counted(passages: number): string {
  return `${passages} ${passages === 1 ? 'passage' : 'passages'}`;
}

function showProgress({ documents, of, passages, rate, current }: IndexProgress): void {
  part<HTMLProgressElement>('#progress progress').value = documents / Math.max(1, of);
  const left = Math.round((of - documents) / Math.max(0.01, rate));
  part('#progress-text').textContent =
    `${documents} of ${of} documents, ${counted(passages)}${left > 1 ? `, about ${left} s left` : ''}: ${current.replace(/^file:/, '')}`;
}

function showReport({ added, unchanged, passages, failed }: IndexReport, ignored: readonly string[]): void {
  const lines = [
    `${added} ${added === 1 ? 'document' : 'documents'} indexed (${counted(passages)})`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(ignored.length > 0 ? [`${ignored.length} of another type left out`] : []),
    ...failed.map(({ id, reason }) => `${id.replace(/^file:/, '')}: ${reason}`),
  ];
  part('#report').textContent = `${lines.join('. ')}.`;
}
