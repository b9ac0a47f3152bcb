import { describe, expect, it, vi } from 'vitest';
import { memoryStore } from '../store/memory.ts';
import { residentStore } from './resident.ts';

const content = (length: number, seed: number) => Uint8Array.from({ length }, (_, at) => (at * seed) & 255);

async function filled() {
  const store = memoryStore();
  const [a, b] = [content(600_000, 3), content(1_000, 7)];
  await store.write({
    put: new Map([
      ['s/a', a],
      ['t/b', b],
    ]),
  });
  return { store, a, b, read: vi.spyOn(store, 'read') };
}

describe('residentStore', () => {
  it('answers ranges of what it holds without the store, with the same bytes', async () => {
    const { store, a, b, read } = await filled();
    const resident = residentStore(store, 1_000_000);
    await resident.hold([
      { name: 's/a', length: a.length },
      { name: 't/b', length: b.length },
    ]);
    read.mockClear();
    expect(await resident.read('s/a', { offset: 262_000, length: 300 })).toEqual(a.slice(262_000, 262_300));
    expect(await resident.read('t/b')).toEqual(b);
    expect(read).not.toHaveBeenCalled();
    await resident.hold([{ name: 's/a', length: a.length }]);
    expect(read).not.toHaveBeenCalled();
  });

  it('leaves to the store what it does not hold, what has no room, and what is released', async () => {
    const { store, a, b, read } = await filled();
    const resident = residentStore(store, 2_000);
    await resident.hold([
      { name: 's/a', length: a.length },
      { name: 't/b', length: b.length },
    ]);
    read.mockClear();
    expect(await resident.read('s/a', { offset: 5, length: 2 })).toEqual(a.slice(5, 7));
    expect(read).toHaveBeenCalledTimes(1);
    await resident.read('t/b');
    expect(read).toHaveBeenCalledTimes(1);
    resident.release('t/');
    expect(await resident.read('t/b')).toEqual(b);
    expect(read).toHaveBeenCalledTimes(2);
    expect(await resident.read('none')).toBeUndefined();
  });

  it('refuses a range outside the blob in the store’s words', async () => {
    const { store, b } = await filled();
    const resident = residentStore(store, 2_000);
    await resident.hold([{ name: 't/b', length: b.length }]);
    await expect(resident.read('t/b', { offset: 999, length: 2 })).rejects.toMatchObject({ code: 'corrupt' });
  });
});
