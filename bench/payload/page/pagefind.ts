interface Pagefind {
  search(
    text: string,
  ): Promise<{ readonly results: readonly { data(): Promise<{ readonly meta: { readonly title: string } }> }[] }>;
}

const folder = new URLSearchParams(location.search).get('index') ?? '/pagefind/';
let loaded: Promise<Pagefind> | undefined;

/** Milliseconds and results. As Pagefind's own page does, ten fragments are read. */
async function find(text: string) {
  const start = performance.now();
  loaded ??= import(/* @vite-ignore */ `${folder}pagefind.js`);
  const { results } = await (await loaded).search(text);
  const shown = await Promise.all(results.slice(0, 10).map((result) => result.data()));
  return { ms: performance.now() - start, titles: shown.map(({ meta }) => meta.title), stage: 'pagefind', skipped: [] };
}

Object.assign(globalThis, { find });
