import type { IndexProgress } from '../engine/types.ts';
import { part } from './part.ts';
import { progressText } from './report.ts';

/** A screen reader would otherwise hear of each of some hundred files. */
const SAID_EVERY_MS = 5000;

export type Run = (signal: AbortSignal, onProgress: (progress: IndexProgress) => void) => Promise<void>;

/** Runs of the indexer, of which the engine takes one after another: Stop ends all, and the bar stays until the last has ended. */
export function createRuns(): (run: Run) => Promise<void> {
  const running = new Set<AbortController>();
  const box = part('#progress');
  const bar = part<HTMLProgressElement>('#progress progress');
  const stop = part('#stop');
  let saidAt = 0;

  const say = (text: string) => {
    part('#progress-said').textContent = text;
    saidAt = performance.now();
  };
  const begin = () => {
    box.hidden = false;
    bar.removeAttribute('value');
    part('#progress-text').textContent = 'Indexing…';
    say('Indexing…');
  };
  const show = (progress: IndexProgress) => {
    const text = progressText(progress);
    bar.value = progress.documents / Math.max(1, progress.of);
    part('#progress-text').textContent = text;
    if (performance.now() - saidAt >= SAID_EVERY_MS) say(text);
  };
  const end = () => {
    if (document.activeElement === stop) part('#pick-files').focus();
    box.hidden = true;
  };
  stop.addEventListener('click', () => {
    part('#progress-text').textContent = 'Stopping…';
    for (const each of running) each.abort();
  });
  return async (run) => {
    const own = new AbortController();
    if (running.size === 0) begin();
    running.add(own);
    try {
      await run(own.signal, (progress) => {
        // Some come after the end, or after Stop.
        if (running.has(own) && !own.signal.aborted) show(progress);
      });
    } finally {
      running.delete(own);
      if (running.size === 0) end();
      else if (!own.signal.aborted) begin();
    }
  };
}
