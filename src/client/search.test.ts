import { afterEach, expect, it, vi } from 'vitest';
import type { OpenOptions } from '../engine/types.ts';
import { announceChange } from '../store/locks.ts';
import { createSearch } from './search.ts';

const signals: AbortSignal[] = [];
vi.mock('./glue.ts', () => ({
  connect: () => ({
    remote: {
      open: async () => undefined,
      add: async (_: unknown, signal: AbortSignal) => void signals.push(signal),
      search: () => new Promise(() => undefined),
    },
    lost: new Promise(() => undefined),
    close: () => undefined,
  }),
}));
afterEach(() => vi.unstubAllGlobals());

it('hangs calls without a signal of their own on none that lasts', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }));
  const search = await createSearch(() => ({}) as Worker, { name: 'test', models: '' });
  await search.add([]);
  await search.add([]);
  expect(signals).toHaveLength(2);
  expect(signals[0]).not.toBe(signals[1]);
});

it('leaves it to the engine to say what is missing, where nothing is given', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }));
  const nothing = undefined as unknown as OpenOptions;
  await expect(createSearch(() => ({}) as Worker, nothing)).resolves.toBeDefined();
});

it('tells of changes until it is told not to, or closed', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }));
  const search = await createSearch(() => ({}) as Worker, { name: 'watched', models: '' });
  const [ended, kept] = [vi.fn(), vi.fn()];
  const end = search.onChange(ended);
  search.onChange(kept);
  announceChange('watched');
  announceChange('another');
  await vi.waitFor(() => expect([ended, kept].map(({ mock }) => mock.calls.length)).toEqual([1, 1]));
  end();
  announceChange('watched');
  await vi.waitFor(() => expect(kept).toHaveBeenCalledTimes(2));
  await search.close();
  announceChange('watched');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([ended, kept].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
});

it('starts no worker any more once it is closed', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }));
  let started = 0;
  const start = () => {
    started += 1;
    return {} as Worker;
  };
  const search = await createSearch(start, { name: 'test', models: '' });
  await search.close();
  await expect(search.status()).rejects.toMatchObject({ code: 'bad-input' });
  await expect(search.search('oar').done).rejects.toMatchObject({ code: 'bad-input' });
  expect(started).toBe(1);
});

it('cancels every search under way when it is closed, also those beside others', async () => {
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }));
  const search = await createSearch(() => ({}) as Worker, { name: 'test', models: '' });
  const runs = [search.search('oar', { parallel: true }), search.search('tea', { parallel: true })];
  await search.close();
  for (const { done } of runs) await expect(done).rejects.toMatchObject({ code: 'aborted' });
});

it('leaves it to the engine to say that the folder of the models is missing', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new Error('nothing to fetch')));
  const options: Partial<OpenOptions> = { name: 'test' };
  await expect(createSearch(() => ({}) as Worker, options as OpenOptions)).resolves.toBeDefined();
});
