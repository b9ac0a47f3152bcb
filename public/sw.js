// Keeps the page working offline: what has been fetched once, whole, is answered from the cache afterwards.
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
});

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
});
