import type { Search } from '../client/search.ts';
import { toSearchError } from '../core/errors.ts';
import type { DocumentSummary } from '../engine/types.ts';
import { showDocuments, titleOf } from './document-list.ts';
import { droppedFiles, type Gathered, type GivenFile, gather, pickedFiles } from './files.ts';
import { part } from './part.ts';
import { reportText } from './report.ts';
import { createRuns, type Run } from './runs.ts';

/** What closed tabs have left undone is in the engine's hands. */
const LEFT_UNDONE: Gathered = { sources: [], ignored: [], unread: [] };
const STOPPED = 'Stopped. What is indexed stays';
/** Without a change for so long, what another tab does has come to a rest. */
const SETTLED_MS = 300;

function report(text: string): void {
  part('#report').textContent = text;
}

/** Nothing fails unseen. */
function tell(job: Promise<void>): void {
  job.catch((cause) => report(toSearchError(cause).message));
}

/** The section of the visitor's own files: drop, pick, progress, list, removal. What is given before the engine has started waits for it. */
export function showFiles(starting: Promise<Search>, onChange: () => Promise<void>): void {
  const run = createRuns();
  // Asked before anything new is given, which would be taken for it.
  const leftUndone = starting.then(async (search) => (await search.status()).pending > 0);
  const removing = new Set<string>();
  let documents: readonly DocumentSummary[] = [];
  /** What this page does itself, and shows when it is done. */
  let own = 0;

  const draw = () => showDocuments(documents, { removing, remove: (each) => tell(remove(each)) });
  const list = async () => {
    documents = await (await starting).documents();
    draw();
  };
  const changed = async () => {
    await list();
    await onChange();
  };
  const remove = async (each: DocumentSummary) => {
    removing.add(each.id);
    own += 1;
    draw();
    try {
      // It waits for what is being indexed.
      await (await starting).remove([each.id]);
      report(`Removed ${titleOf(each)}.`);
    } finally {
      removing.delete(each.id);
      own -= 1;
      await changed();
    }
  };
  /** Another tab may store hundreds of batches, one after another. */
  const watch = (search: Search) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    search.onChange(() => {
      // Announced to this page too, which shows all there is when it is done.
      if (own > 0) return;
      clearTimeout(timer);
      timer = setTimeout(() => own === 0 && tell(changed()), SETTLED_MS);
    });
  };
  const add = async (gathered: Gathered, ...[signal, onProgress]: Parameters<Run>) => {
    await leftUndone;
    const search = await starting;
    const known = new Set((await search.documents()).map(({ id }) => id));
    const done = await search.add(gathered.sources, { signal, onProgress });
    report(reportText(gathered, done, known));
  };
  const index = async (job: Run, stopped = `${STOPPED}.`) => {
    report('');
    own += 1;
    try {
      await run(job);
    } catch (cause) {
      const { code, message } = toSearchError(cause);
      report(code === 'aborted' ? stopped : message);
    } finally {
      own -= 1;
      await changed();
    }
  };
  const take = (files: Promise<readonly GivenFile[]>) =>
    index(async (signal, onProgress) => {
      const gathered = await gather(await files, signal);
      if (gathered.sources.length === 0) report(reportText(gathered));
      else await add(gathered, signal, onProgress);
    });
  /** Goes on with what a closed tab left undone. */
  const resume = async () => {
    await list();
    if (await leftUndone)
      await index((...given) => add(LEFT_UNDONE, ...given), `${STOPPED}; the rest goes on at the next visit.`);
  };

  onFiles((files) => tell(take(files)));
  // Why it has not started the page says elsewhere.
  starting
    .then((search) => {
      watch(search);
      tell(resume());
    })
    .catch(() => undefined);
  leftUndone.catch(() => undefined);
}

/** Calls `take` with what is picked, or dropped anywhere on the page. */
function onFiles(take: (files: Promise<readonly GivenFile[]>) => void): void {
  for (const id of ['#pick-files', '#pick-folder']) {
    const input = part<HTMLInputElement>(id);
    const picked = () => {
      take(Promise.resolve(pickedFiles(input.files ?? [])));
      input.value = '';
    };
    input.addEventListener('change', picked);
    // Picked before this script came.
    if ((input.files?.length ?? 0) > 0) picked();
  }
  const section = part('#files');
  const onDrag = (type: 'dragover' | 'drop', act: (transfer: DataTransfer) => void) =>
    document.addEventListener(type, (event) => {
      // Text may be dropped into the search box.
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      act(event.dataTransfer);
    });
  onDrag('dragover', () => section.classList.add('over'));
  document.addEventListener('dragleave', () => section.classList.remove('over'));
  onDrag('drop', (transfer) => {
    section.classList.remove('over');
    take(droppedFiles(transfer));
  });
}
