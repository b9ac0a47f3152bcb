// Keeps the page working offline: what has been fetched once, whole, is answered from the cache afterwards, and the
// scripts that the page may need are fetched before it needs them, so that it opens and takes files offline too.
// Hashed files never change, so the cache comes first for them; all else is asked from the network first.
const CACHE = 'findling-v1';

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(['./', './icon.svg'])).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('findling-v') && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
  // Requests wait for what activation waits for: not for this. What is cut short goes on at the next visit.
  keepScripts().catch(() => undefined);
});

const CATALOG = './models/catalog.json';
/** A page at rest: its first answers are out. */
const AT_REST_MS = 3000;
/** The reader of PDF files and the runtimes of other models, up to megabytes each: kept when they have been asked for. */
const LARGE = /\/(?:pdfjs|transformers|ort)[\w.-]*$/;
/** A language's stemmer or stop words. */
const LANGUAGE = /\/([a-z]{2})-[\w-]{8}\.js$/;

/** Languages whose scripts are called by another code, mostly a country's, in the packages that they come from. */
const FILES = { da: 'dk', el: 'gr', ga: 'ie', hi: 'in', hy: 'am', nb: 'no', ne: 'np', nn: 'no', sa: 'sk', sr: 'rs', sv: 'se' };

function isForAll(url) {
  const language = LANGUAGE.exec(url)?.[1];
  const spoken = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]);
  return (language === undefined || spoken.some((tag) => (FILES[tag] ?? tag) === language)) && !LARGE.test(url);
}

/** The hashed scripts and styles that a page or script names: whoever built them knows the hashes, and nobody else has to. */
async function namesIn(response) {
  const names = (await response.text()).matchAll(/["'`]([\w./-]{1,100}-[\w-]{8}\.(?:js|css))["'`]/g);
  return [...names].map(([, name]) => new URL(name, response.url).href).filter(isForAll);
}

/** Keeps the page as it is now, with all that it names, and what these scripts name in turn. */
async function keepScripts() {
  if (navigator.connection?.saveData) return;
  await new Promise((resolve) => setTimeout(resolve, AT_REST_MS));
  const cache = await caches.open(CACHE);
  const page = await fetch('./', { priority: 'low' });
  if (page.status !== 200) return;
  const urls = new Set(await namesIn(page.clone()));
  // It grows while it is gone through.
  for (const url of urls) {
    let script = await cache.match(url);
    if (script === undefined) {
      script = await fetch(url, { priority: 'low' });
      if (script.status !== 200) continue;
      await cache.put(url, script.clone());
    }
    for (const name of await namesIn(script)) urls.add(name);
  }
  // After its scripts, so that it comes with them.
  await cache.put('./', page);
  // Read before this worker was there; without it the page does not start.
  if ((await cache.match(CATALOG)) === undefined) await cache.add(CATALOG);
}

/** Part of a cached file, as a server would answer a Range request. */
async function slice(response, range) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range);
  if (match === null) return undefined;
  const bytes = await response.arrayBuffer();
  const start = Number(match[1]);
  const end = match[2] === '' ? bytes.byteLength - 1 : Math.min(Number(match[2]), bytes.byteLength - 1);
  if (start > end) return undefined;
  return new Response(bytes.slice(start, end + 1), {
    status: 206,
    headers: { 'content-range': `bytes ${start}-${end}/${bytes.byteLength}`, 'content-length': String(end - start + 1) },
  });
}

/** Keeps a copy beside the answer: a full disk must not cost the page its file. A copy that is the same is not written again. */
function keep(event, cache, response, cached) {
  const etag = response.headers.get('etag');
  if (response.status !== 200 || (etag !== null && cached?.headers.get('etag') === etag)) return;
  event.waitUntil(cache.put(event.request.url, response.clone()).catch(() => undefined));
}

/** From the network, lest parts of an old file be joined with a newer one's; offline from the copy. */
async function part(request, range, cached) {
  try {
    return await fetch(request);
  } catch (error) {
    const sliced = cached === undefined ? undefined : await slice(cached, range);
    if (sliced === undefined) throw error;
    return sliced;
  }
}

async function answer(event) {
  const { request } = event;
  const cache = await caches.open(CACHE);
  const range = request.headers.get('range');
  const cached = await cache.match(request.url, { ignoreSearch: request.mode === 'navigate' });
  if (range !== null) return part(request, range, cached);
  if (cached !== undefined && /-[\w-]{8,}\.\w+$/.test(new URL(request.url).pathname)) return cached;
  try {
    const response = await fetch(request);
    keep(event, cache, response, cached);
    return response;
  } catch (error) {
    if (cached !== undefined) return cached;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(event));
  // The page may have been built anew since.
  if (request.mode === 'navigate' && new URL('./', location.href).pathname === new URL(request.url).pathname)
    event.waitUntil(keepScripts().catch(() => undefined));
});
