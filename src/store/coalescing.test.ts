import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { coalesce, groupsOf } from './coalescing.ts';

const at = (name: string, offset: number, length: number, signal?: AbortSignal) => ({
  name,
  range: { offset, length },
  signal,
});

describe('coalesce', () => {
  it('asks once for neighbours, apart for the distant, the next turn and other blobs', async () => {
    const load = vi.fn(async (name: string, range: unknown) => ({ name, range }));
    const read = coalesce(load);
    const wanted = [at('a', 22_000, 10), at('a', 0, 100), at('b', 50, 10), at('a', 900_000, 10), at('a', 100, 20_000)];
    const answers = await Promise.all(wanted.map(read));
    expect(load).toHaveBeenCalledTimes(3);
    expect(answers[0]).toEqual({ name: 'a', range: { offset: 0, length: 22_010 } });
    expect(answers[1]).toBe(answers[0]);
    expect(answers[3]).toEqual({ name: 'a', range: { offset: 900_000, length: 10 } });
    await read(at('a', 0, 1));
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('puts each read into one group whose union holds it, and joins no group beyond 1 MB', () => {
    const wanted = fc.record({
      name: fc.constantFrom('a', 'b'),
      range: fc.option(fc.record({ offset: fc.nat(5_000_000), length: fc.integer({ min: 1, max: 2_000_000 }) }), {
        nil: undefined,
        freq: 9,
      }),
      signal: fc.constant(undefined),
    });
    const property = fc.property(fc.array(wanted, { maxLength: 20 }), (all) => {
      const groups = groupsOf(all);
      expect(groups.flat()).toHaveLength(all.length);
      expect(new Set(groups.flat())).toEqual(new Set(all));
      for (const group of groups) {
        expect(new Set(group.map(({ name }) => name)).size).toBe(1);
        const ranges = group.flatMap(({ range }) => (range === undefined ? [] : [range]));
        if (ranges.length < group.length || ranges.length < 2) continue;
        const start = Math.min(...ranges.map(({ offset }) => offset));
        const end = Math.max(...ranges.map(({ offset, length }) => offset + length));
        const longest = Math.max(...ranges.map(({ length }) => length));
        expect(end - start).toBeLessThanOrEqual(Math.max(1_048_576, longest));
      }
    });
    fc.assert(property);
  });

  it('cancels the request when all who wait have cancelled, not before', async () => {
    const signals: AbortSignal[] = [];
    const read = coalesce((_name, _range, signal) => {
      signals.push(signal);
      return new Promise<never>(() => {});
    });
    const [one, two] = [new AbortController(), new AbortController()];
    read(at('a', 0, 1, one.signal));
    read(at('a', 1, 1, two.signal));
    read(at('b', 0, 1, one.signal));
    read(at('b', 1, 1));
    await Promise.resolve();
    expect(signals).toHaveLength(2);
    one.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    two.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('takes its listeners off signals that outlive the request', async () => {
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const read = coalesce(async () => 'read');
    await Promise.all([read(at('a', 0, 1, signal)), read(at('a', 1, 1, signal))]);
    expect(added).toHaveBeenCalled();
    for (const [type, listener] of added.mock.calls) expect(removed).toHaveBeenCalledWith(type, listener);
  });

  it('passes a failure to all who wait, and goes on', async () => {
    let fail = true;
    const read = coalesce(async () => {
      if (fail) throw new Error('down');
      return 'up';
    });
    const outcomes = await Promise.allSettled([read(at('a', 0, 1)), read(at('a', 1, 1))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fail = false;
    expect(await read(at('a', 0, 1))).toBe('up');
  });
});
