import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { abortable, once, queue } from './cancellation.ts';
import { documentId, linkTo, passageId, splitPassageId } from './document.ts';
import { SearchError, toSearchError } from './errors.ts';
import { contentHash } from './hash.ts';
import { ranking } from './ranking.ts';

const id = (name: string) => passageId(documentId(name), 0);

describe('ids', () => {
  it('come apart as they were put together', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^#\p{Cc}]+$/u), fc.nat(), (name, ordinal) => {
        expect(splitPassageId(passageId(documentId(name), ordinal))).toEqual({ documentId: name, ordinal });
      }),
    );
  });
  it('refuse what could not come apart', () => {
    for (const bad of ['', 'a#b', 'a\nb']) expect(() => documentId(bad)).toThrow(SearchError);
  });
});

describe('linkTo', () => {
  it('puts an anchor behind a URL, unless that has a fragment', () => {
    expect(linkTo('/guide/?v=2', 'install')).toBe('/guide/?v=2#install');
    expect(linkTo('/guide/', '')).toBe('/guide/');
    for (const anchor of ['', 'install']) expect(linkTo('/#/guide/install', anchor)).toBe('/#/guide/install');
  });
});

describe('ranking', () => {
  it('is sorted, unique, and the same whatever the order of its input', () => {
    const scored = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd').map(id), score: fc.double() }));
    fc.assert(
      fc.property(scored, (input) => {
        const made = ranking(input);
        expect(new Set(made.map((each) => each.id)).size).toBe(made.length);
        expect(made.map((each) => each.score)).toEqual(made.map((each) => each.score).sort((x, y) => y - x));
        expect(ranking([...input].reverse())).toEqual(made);
      }),
    );
  });
  it('breaks ties by id and cuts at the depth', () => {
    const made = ranking(
      [
        { id: id('b'), score: 1 },
        { id: id('a'), score: 1 },
        { id: id('c'), score: 2 },
      ],
      2,
    );
    expect(made.map((each) => each.id)).toEqual([id('c'), id('a')]);
  });
});

describe('cancellation', () => {
  it('queue survives a failed job and never starts a cancelled one', async () => {
    const inTurn = queue();
    const ran: string[] = [];
    const failed = inTurn(() => Promise.reject(new Error('first')));
    const abort = new AbortController();
    const cancelled = inTurn(async () => ran.push('cancelled'), abort.signal);
    const last = inTurn(async () => ran.push('last'));
    abort.abort();
    await expect(failed).rejects.toThrow('first');
    await expect(cancelled).rejects.toMatchObject({ code: 'aborted' });
    await last;
    expect(ran).toEqual(['last']);
  });
  it('once forgets a failure', async () => {
    let calls = 0;
    const load = once(async () => {
      calls += 1;
      if (calls === 1) throw new Error('no');
      return calls;
    });
    await expect(load()).rejects.toThrow('no');
    expect(await load()).toBe(2);
    expect(await load()).toBe(2);
  });
  it('abortable hears a promise out whose caller had gone before', async () => {
    const unheard = vi.fn();
    process.on('unhandledRejection', unheard);
    const late = Promise.reject(new Error('late'));
    await expect(abortable(late, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
  });
  it('abortable rejects at once', async () => {
    const abort = new AbortController();
    const waiting = abortable(new Promise(() => undefined), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('errors', () => {
  it('take the platform errors apart', () => {
    expect(toSearchError(new DOMException('x', 'AbortError')).code).toBe('aborted');
    expect(toSearchError(new DOMException('x', 'QuotaExceededError')).code).toBe('quota');
    expect(toSearchError(new RangeError('Array buffer allocation failed')).code).toBe('out-of-memory');
    const elsewhere = Object.assign(new Error('of another run of the module'), {
      name: 'SearchError',
      code: 'corrupt',
    });
    expect(toSearchError(elsewhere)).toBe(elsewhere);
    expect(toSearchError('odd', 'network')).toMatchObject({ code: 'network', message: 'odd' });
  });
});

describe('contentHash', () => {
  it('differs for different input and part boundaries', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(contentHash(a, b)).toBe(contentHash(a, b));
        if (a !== b) expect(contentHash(a)).not.toBe(contentHash(b));
        seen.add(contentHash(a, b));
      }),
    );
    expect(contentHash('ab', 'c')).not.toBe(contentHash('a', 'bc'));
    expect(seen.size).toBeGreaterThan(50);
  });
});
