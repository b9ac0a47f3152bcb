import type { Browser, Page } from '@playwright/test';
import type { Link, MeasuredServer } from '../payload/server.ts';

/** What one question cost. */
export interface Cost {
  readonly kilobytes: number;
  readonly requests: number;
  readonly ms: number;
}

export interface Visits {
  /** Each question as the first of a fresh visit, with the page's own bytes and code. */
  readonly first: readonly Cost[];
  /** Each question as the second of a visit: another came before it. */
  readonly next: readonly Cost[];
}

export interface VisitPlan {
  readonly pipeline: 'lexical' | 'hybrid';
  readonly questions: readonly string[];
  readonly link?: Link;
}

interface Found {
  readonly ms: number;
  readonly skipped: readonly { readonly stage: string; readonly reason: string }[];
}

/** Fresh visits in real Chromium, one a question: it, and the question after it. */
export async function visits(browser: Browser, server: MeasuredServer, plan: VisitPlan): Promise<Visits> {
  const first: Cost[] = [];
  const next: Cost[] = [];
  for (const [at, question] of plan.questions.entries()) {
    const context = await browser.newContext();
    const page = await context.newPage();
    server.throttle(plan.link);
    server.take();
    const start = performance.now();
    await page.goto(`${server.url}/findling.html`);
    await page.waitForFunction(() => 'find' in globalThis);
    await ask(page, question, plan.pipeline);
    first.push(cost(server, performance.now() - start));
    const { ms } = await ask(page, plan.questions[(at + 1) % plan.questions.length] ?? '', plan.pipeline);
    next.push(cost(server, ms));
    await context.close();
  }
  server.throttle(undefined);
  return { first, next };
}

async function ask(page: Page, text: string, pipeline: string): Promise<Found> {
  const found = await page.evaluate(
    ([words, stage]) =>
      (globalThis as unknown as { find(text: string, pipeline: string): Promise<Found> }).find(words, stage),
    [text, pipeline] as const,
  );
  const [skipped] = found.skipped;
  if (skipped !== undefined) throw new Error(`'${text}' skipped ${skipped.stage}: ${skipped.reason}`);
  return found;
}

function cost(server: MeasuredServer, ms: number): Cost {
  const { bytes, requests } = server.take();
  return { kilobytes: bytes / 1000, requests, ms };
}
