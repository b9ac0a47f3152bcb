import { type SearchError, toSearchError } from '../core/errors.ts';
import type { Abilities } from './abilities.ts';
import type { Backend, Verdict } from './backend.ts';
import type { CrossEncoderEntry } from './catalog.ts';

/** Where verdicts are remembered: a key-value store of strings (IndexedDB, localStorage, a Map). */
export interface VerdictStorage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** A verdict holds for a model's revision on this browser version, GPU and number of threads. */
function verdictKey(entry: CrossEncoderEntry, backend: Backend, abilities: Abilities): string {
  const gpu = backend.startsWith('webgpu') && abilities.webgpu.usable ? abilities.webgpu.adapter : '';
  return [`${entry.id}@${entry.revision}`, backend, abilities.userAgent, gpu, abilities.threads].join('|');
}

function readVerdict(text: string | undefined): Verdict | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null || !('state' in value) || !('at' in value)) return undefined;
    return value as Verdict;
  } catch {
    // An unreadable verdict is no verdict: the backend is tried anew.
    return undefined;
  }
}

/** Known verdicts of these backends. A storage that fails is as good as an empty one. */
export async function readVerdicts(
  storage: VerdictStorage,
  entry: CrossEncoderEntry,
  backends: readonly Backend[],
  abilities: Abilities,
): Promise<Map<Backend, Verdict>> {
  const found = new Map<Backend, Verdict>();
  for (const backend of backends) {
    const verdict = readVerdict(await storage.get(verdictKey(entry, backend, abilities)).catch(() => undefined));
    if (verdict !== undefined) found.set(backend, verdict);
  }
  return found;
}

export async function rememberVerdict(
  storage: VerdictStorage,
  entry: CrossEncoderEntry,
  backend: Backend,
  abilities: Abilities,
  verdict: Verdict,
): Promise<void> {
  await storage.set(verdictKey(entry, backend, abilities), JSON.stringify(verdict)).catch(() => undefined);
}

/** What a failure says about the backend: nothing where the network, a missing file or the user was the cause. */
export function failureVerdict(error: unknown, at = Date.now()): Verdict | undefined {
  const { code, message }: SearchError = toSearchError(error);
  const ours = ['aborted', 'network', 'not-found', 'corrupt', 'bad-input', 'quota', 'locked', 'mismatch'];
  return ours.includes(code) ? undefined : { state: 'failed', code, reason: message, at };
}
