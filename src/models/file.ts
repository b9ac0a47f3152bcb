import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import type { ModelFile } from './catalog.ts';

/** Bytes read so far of one file, and all there are. */
export interface FileProgress {
  readonly path: string;
  readonly loaded: number;
  readonly total: number;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FileProgress) => void;
}

/** Lower-case hex; undefined where this context has no `crypto.subtle`: secure ones (https, localhost) and Node have it. */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const copy = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  const hash = new Uint8Array(await subtle.digest('SHA-256', copy));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A model's file, proven whole: a truncated download otherwise fails later, and strangely ("protobuf parsing failed").
 * Read in one piece: a service worker and most proxies keep whole answers, not ranges, and offline use is worth more
 * than a smooth bar. SearchError 'not-found' or 'corrupt'. Outside a secure context only the size is checked.
 */
export async function loadModelFile(store: Store, file: ModelFile, options: LoadOptions = {}): Promise<Uint8Array> {
  throwIfAborted(options.signal);
  options.onProgress?.({ path: file.path, loaded: 0, total: file.bytes });
  const bytes = await store.read(file.path, undefined, options.signal);
  if (bytes === undefined)
    throw new SearchError('not-found', `The model file ${file.path} is not there: serve the whole models folder.`);
  if (bytes.byteLength !== file.bytes)
    throw new SearchError(
      'corrupt',
      `${file.path} has ${bytes.byteLength} bytes instead of ${file.bytes}: load it again, or copy the models folder anew.`,
    );
  const hash = await sha256(bytes);
  if (hash !== undefined && hash !== file.sha256)
    throw new SearchError(
      'corrupt',
      `${file.path} does not match its checksum (${hash.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}…): load it again.`,
    );
  throwIfAborted(options.signal);
  options.onProgress?.({ path: file.path, loaded: file.bytes, total: file.bytes });
  return bytes;
}

/** loadModelFile as text (UTF-8). */
export async function loadModelText(store: Store, file: ModelFile, options: LoadOptions = {}): Promise<string> {
  return new TextDecoder().decode(await loadModelFile(store, file, options));
}
