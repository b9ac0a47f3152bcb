/**
 * Part of the index's fingerprint: raised whenever passages.ts would cut the same document otherwise. Apart from it, so that
 * a page that only searches loads no cutter.
 */
export const CHUNKER_VERSION = 'passages-1';
