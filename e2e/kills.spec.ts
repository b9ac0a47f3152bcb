import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

const KILLS = 100;
/** Several batches of 1,024 passages. */
const DOCUMENTS = 40;
const SECTIONS = 60;

/** Kills engine workers at random moments of indexing. Runs in the page; self-contained. */
async function killAndCheck({ kills, documents, sections }: { kills: number; documents: number; sections: number }) {
  const { createSearch, startEngine } = globalThis.findling;
  const word = (index: number) => `alpha${(index * 7919) % 104729}`;
  const sources = Array.from({ length: documents }, (_, index) => ({
    id: `doc-${index}`,
    type: 'markdown' as const,
    content: Array.from(
      { length: sections },
      (_, section) =>
        `## Section ${section}\n\n${Array.from({ length: 8 }, (_, at) => word(index * 1000 + section * 8 + at)).join(' ')}.\n`,
    ).join('\n'),
  }));
  const options = {
    name: `kills-${Math.random()}`,
    models: new URL('./models/', document.baseURI).href,
    reranker: 'none',
  };
  let rounds = 0;
  let before = 0;
  let killed = 0;
  const seen: number[] = [];
  // A document over which the page dies five times is left out by rule (engine/local-corpus.ts): that is no loss, but it is told.
  const leftOut: string[] = [];
  while (killed < kills) {
    let worker: Worker | undefined;
    const search = await createSearch(() => {
      worker = startEngine();
      return worker;
    }, options);
    const stored = await search.documents();
    if (stored.length < before)
      throw new Error(`${before - stored.length} stored documents were lost by kill ${killed}.`);
    for (const { id, passages } of stored)
      if (passages !== sections) throw new Error(`${id} has ${passages} of its ${sections} passages.`);
    seen.push(stored.length);
    const status = await search.status();
    if (stored.length > 0) {
      const { results } = await search.search('alpha0 alpha7919', { pipeline: 'lexical' }).done;
      if (results.length === 0) throw new Error('Stored documents are not found.');
    }
    let again = stored;
    if (stored.length === documents && status.pending === 0) {
      await search.remove(sources.map(({ id }) => id));
      again = [];
      rounds += 1;
    }
    before = again.length;
    // A kill falls a random moment after a random document of the work, or after its end: so they spread over all of it.
    let reached: () => void = () => undefined;
    const middle = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const given = again.length === 0 && status.pending === 0 ? sources : [];
    const target = 1 + Math.floor(Math.random() * 1.4 * (given.length + status.pending));
    const onProgress = (progress: { readonly documents: number }) => void (progress.documents >= target && reached());
    const indexing = search.add(given, { onProgress }).then(
      ({ failed }) => {
        leftOut.push(...failed.map(({ id, reason }) => `${id}: ${reason}`));
        return 'finished';
      },
      (error) => error.code ?? String(error),
    );
    await Promise.race([middle, indexing]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    worker?.terminate();
    killed += 1;
    const how = await Promise.race([indexing, new Promise((resolve) => setTimeout(() => resolve('hung'), 30_000))]);
    if (!['finished', 'worker-lost'].includes(String(how)))
      throw new Error(`Indexing ended with ${how} at kill ${killed}.`);
    await search.close();
  }
  const search = await createSearch(startEngine, options);
  await search.add(
    rounds === 0 && (await search.documents()).length === 0 && (await search.status()).pending === 0 ? sources : [],
  );
  const last = (await search.documents()).length;
  const { pending } = await search.status();
  await search.close();
  return { last, rounds, seen, pending, leftOut };
}

test(`${KILLS} kills during indexing lose nothing beyond the open batch`, async ({ page }) => {
  test.setTimeout(600_000);
  await openPage(page);
  const { last, rounds, seen, pending, leftOut } = await page.evaluate(killAndCheck, {
    kills: KILLS,
    documents: DOCUMENTS,
    sections: SECTIONS,
  });
  expect(last, `${pending} pending; left out: ${leftOut.join(', ') || 'none'}; stored before each kill: ${seen}`).toBe(
    DOCUMENTS,
  );
  // The kills fell into the middle of the work, and the work went on after them.
  expect(new Set(seen).size).toBeGreaterThan(2);
  expect(rounds).toBeGreaterThan(0);
});
