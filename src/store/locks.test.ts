import { afterEach, describe, expect, it, vi } from 'vitest';
import { announceChange, onCorpusChanged, withWriteLock } from './locks.ts';

const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

/** Web Locks as far as one exclusive lock needs them. */
function fakeLocks(): { request: LockManager['request']; names: string[] } {
  const last = new Map<string, Promise<unknown>>();
  const names: string[] = [];
  const request = (name: string, { signal }: LockOptions, job: () => Promise<unknown>) => {
    names.push(name);
    const turn = (last.get(name) ?? Promise.resolve()).then(() => {
      signal?.throwIfAborted();
      return job();
    });
    last.set(
      name,
      turn.catch(() => undefined),
    );
    const refused = new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
    return Promise.race([turn, refused]);
  };
  return { request: request as LockManager['request'], names };
}

const platforms = { 'in-memory queue': () => undefined, 'Web Locks': () => fakeLocks() };

for (const [platform, locks] of Object.entries(platforms))
  describe(`withWriteLock by ${platform}`, () => {
    afterEach(() => vi.unstubAllGlobals());
    const use = () => vi.stubGlobal('navigator', { locks: locks() });

    it('lets one job in at a time, in order, and gives results back', async () => {
      use();
      let inside = 0;
      const seen: number[] = [];
      const job = (turn: number) => async () => {
        inside += 1;
        expect(inside).toBe(1);
        await pause();
        seen.push(turn);
        inside -= 1;
        return turn;
      };
      const results = await Promise.all([1, 2, 3].map((turn) => withWriteLock('corpus', job(turn))));
      expect(results).toEqual([1, 2, 3]);
      expect(seen).toEqual([1, 2, 3]);
    });

    it('lets other names pass', async () => {
      use();
      const held = withWriteLock('one', () => new Promise<void>((resolve) => setTimeout(resolve, 50)));
      const order = [held.then(() => 'held'), withWriteLock('two', async () => 'in')];
      expect(await Promise.race(order)).toBe('in');
      await held;
    });

    it('survives a failed job', async () => {
      use();
      const failed = withWriteLock('corpus', () => Promise.reject(new Error('mine')));
      const next = withWriteLock('corpus', async () => 'next');
      await expect(failed).rejects.toThrow('mine');
      expect(await next).toBe('next');
    });

    it('stops waiting when the signal fires', async () => {
      use();
      const controller = new AbortController();
      const ran: string[] = [];
      const held = withWriteLock('corpus', () => pause(20));
      const waiting = withWriteLock('corpus', async () => ran.push('waiting'), controller.signal);
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
      await held;
      await pause();
      expect(ran).toEqual([]);
      const fired = withWriteLock('corpus', async () => ran.push('fired'), AbortSignal.abort());
      await expect(fired).rejects.toMatchObject({ code: 'aborted' });
      expect(ran).toEqual([]);
    });
  });

describe('onCorpusChanged', () => {
  it('hears announcements of its corpus until it is ended', async () => {
    const heard: string[] = [];
    const ends = ['a', 'a', 'b'].map((name, i) => onCorpusChanged(name, () => heard.push(`${name}${i}`)));
    announceChange('a');
    await vi.waitFor(() => expect([...heard].sort()).toEqual(['a0', 'a1']));
    ends[0]?.();
    announceChange('a');
    announceChange('b');
    await vi.waitFor(() => expect([...heard].sort()).toEqual(['a0', 'a1', 'a1', 'b2']));
    for (const end of ends) end();
  });
  it('is quiet where the platform has no BroadcastChannel', () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    expect(() => {
      announceChange('a');
      onCorpusChanged('a', () => {})();
    }).not.toThrow();
    vi.unstubAllGlobals();
  });
});
