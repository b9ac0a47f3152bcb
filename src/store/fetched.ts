const ANSWER_MS = 30_000;

/**
 * The bytes at a URL; undefined where they cannot be had, for whatever reason, or are an HTML page in their place. For
 * what is fetched ahead of its need: whoever needs it asks again, and says what is wrong.
 */
export async function fetchAhead(url: string): Promise<Uint8Array | undefined> {
  try {
    // Whoever asks again waits no longer than that either.
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const isPage = response.headers.get('content-type')?.includes('html') === true;
    return response.ok && !isPage ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}
