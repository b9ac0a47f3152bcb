import { beforeEach, describe, expect, it } from 'vitest';
import { SearchError } from '../core/errors.ts';
import { asked, type Fakes, freshFakes, never, openHost, quiet, SOURCES, surroundings } from './fixtures/engine.ts';
import { createEngineHost } from './host.ts';
import type { EngineHost } from './types.ts';

describe('engine host: opening and renewal', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const open = async () => {
    host = await openHost(fakes);
  };
  const ask = (text: string, options = {}) => asked(host, text, options);
  beforeEach(async () => {
    fakes = freshFakes();
    await open();
  });

  it('finds what another tab has renewed while this one started, and erases nothing of it', async () => {
    await host.add(SOURCES, never, quiet);
    for (const renew of [true, false]) {
      const chunker = `newer ${renew}`;
      const newer = { ...surroundings(fakes), chunker };
      let go: () => void = () => undefined;
      const late = new Promise<void>((resolve) => (go = resolve));
      const starting = createEngineHost({
        ...newer,
        semantic: async (...given) => late.then(() => newer.semantic(...given)),
      });
      const opening = starting.open({ name: 'test', models: '', renew });
      const first = createEngineHost(newer);
      await first.open({ name: 'test', models: '', renew: true });
      await first.add(SOURCES.slice(0, 2), never, quiet);
      go();
      await opening;
      expect((await starting.documents()).map(({ id }) => id)).toEqual(['boats', 'lamps']);
      expect((await first.documents()).length).toBe(2);
    }
  });

  it('opens where the browser refuses storage, and says so', async () => {
    const refuse = () => Promise.reject(new SearchError('unsupported', 'no storage here'));
    fakes.stores.set('test', { read: refuse, write: refuse, list: refuse, close: async () => undefined });
    for (const renew of [false, true]) {
      host = createEngineHost(surroundings(fakes));
      await host.open({ name: 'test', models: '', renew });
      const { last } = await ask('oar');
      expect(last.skipped).toEqual([{ stage: 'test', code: 'unsupported', reason: 'no storage here' }]);
      await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'unsupported' });
    }
  });

  it('goes on beside a corpus of another version, loses nothing of it, and removes it when told to', async () => {
    await host.add(SOURCES, never, quiet);
    const reopened = async (options: object) => {
      const newer = { ...surroundings(fakes), chunker: 'newer' };
      host = createEngineHost(newer);
      await host.open({ name: 'test', models: '', ...options });
    };
    await reopened({});
    const { last } = await ask('oar');
    expect(last.results).toEqual([]);
    expect(last.skipped).toEqual([{ stage: 'test', code: 'mismatch', reason: expect.stringContaining('renew: true') }]);
    await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'mismatch' });
    expect(await host.documents()).toEqual([]);
    await open();
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);

    await reopened({ renew: true });
    expect((await host.status()).documents).toBe(0);
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 3 });
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });
});
