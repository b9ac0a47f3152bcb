import type { Page } from '@playwright/test';
import { worker } from './page.ts';

/** What the model worker's realm holds while its replies are kept back. */
interface Held {
  readonly asked: string[];
  release(): void;
}

declare global {
  var held: Held;
}

/**
 * Lets the model worker answer `replies` more times and keeps all later answers back until release(): a reranker
 * that stands still at a known place. Counts the inferences asked for, by question.
 */
export async function hold(page: Page, replies: number) {
  const model = await worker(page, 'model');
  await model.evaluate((count) => {
    const post = self.postMessage.bind(self);
    const kept: Parameters<typeof post>[] = [];
    const asked: string[] = [];
    let [left, open] = [count, false];
    self.postMessage = (...message: Parameters<typeof post>) => {
      if (!open && left <= 0) return void kept.push(message);
      left -= 1;
      post(...message);
    };
    self.addEventListener('message', ({ data }) => {
      // Comlink's own form of a call; the first argument of score() is the question.
      if (data?.type === 'APPLY' && data.path?.[0] === 'score') asked.push(data.argumentList[0].value);
    });
    globalThis.held = {
      asked,
      release() {
        open = true;
        for (const message of kept.splice(0)) post(...message);
      },
    };
  }, replies);
  return {
    asked: () => model.evaluate(() => [...globalThis.held.asked]),
    release: () => model.evaluate(() => globalThis.held.release()),
  };
}
