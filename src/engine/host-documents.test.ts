import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import { readDocument } from '../ingest/document.ts';
import { memoryStore } from '../store/memory.ts';
import { asked, type Fakes, freshFakes, never, openHost, quiet, SOURCES, surroundings } from './fixtures/engine.ts';
import { createEngineHost } from './host.ts';
import type { EngineHost, IndexProgress } from './types.ts';

describe('engine host: documents and the inbox', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const open = async () => {
    host = await openHost(fakes);
  };
  const ask = (text: string, options = {}) => asked(host, text, options);
  /** A tab that is closed while it reads the first of these; the next visit begins. */
  const dieWith = async (sources: typeof SOURCES) => {
    // It runs nothing any more: the reading never comes back.
    const read = vi.fn(() => new Promise<never>(() => undefined));
    fakes.read = read;
    const before = (await host.status()).pending;
    void host.add(sources, never, quiet);
    await vi.waitFor(() => expect(read).toHaveBeenCalled());
    await vi.waitFor(async () => expect((await host.status()).pending).toBe(before + sources.length));
    fakes.read = readDocument;
    await open();
  };
  afterEach(() => vi.restoreAllMocks());
  beforeEach(async () => {
    fakes = freshFakes();
    await open();
  });

  it('passes over what has not changed and replaces what has', async () => {
    await host.add(SOURCES, never, quiet);
    const changed = SOURCES.map((source) =>
      source.id === 'tea' ? { ...source, content: '# Tea\n\nTea needs a samovar.' } : source,
    );
    expect(await host.add(changed, never, quiet)).toMatchObject({ added: 1, unchanged: 2 });
    expect((await ask('samovar', { pipeline: 'lexical' })).ids).toEqual(['tea']);
    expect(await host.remove(['tea', 'nobody'])).toBe(1);
    expect((await host.documents()).map(({ id }) => id)).toEqual(['boats', 'lamps']);
  });

  it('names a document that cannot be read and indexes the rest', async () => {
    const broken = { id: 'broken', type: 'pdf' as const, content: new Uint8Array([1, 2, 3]) };
    const report = await host.add([broken, ...SOURCES], never, quiet);
    expect(report).toMatchObject({ added: 3, failed: [{ id: 'broken', code: 'bad-input' }] });
    expect((await host.status()).pending).toBe(0);
  });

  it('keeps a document whose reader does not come, and reads it when others are added', async () => {
    fakes.read = (source) =>
      source.id === 'tea' ? Promise.reject(new SearchError('network', 'No script.')) : readDocument(source);
    const [boats, ...others] = SOURCES;
    const reason = 'No script. The document waits until then, and need not be added again.';
    expect(await host.add(others, never, quiet)).toMatchObject({ added: 1, failed: [{ id: 'tea', reason }] });
    expect((await host.status()).pending).toBe(1);
    fakes.read = readDocument;
    expect(await host.add(boats ? [boats] : [], never, quiet)).toMatchObject({ added: 1, failed: [] });
    expect(await host.status()).toMatchObject({ documents: 3, pending: 0 });
  });

  it('names what is no document and indexes the rest', async () => {
    const bad = [
      { id: 'a#b', type: 'text', content: '' },
      { id: 7, type: 'text', content: 'seven' },
      { id: 'untyped', content: 'no type' },
      { id: 'strange', type: 'foo', content: 'strange' },
      { id: 'empty', type: 'text', content: undefined },
      { id: 'blob', type: 'text', content: new Blob(['blob']) },
      { id: 'titled', type: 'text', content: 'x', title: 5 },
      null,
    ];
    const given = [...bad, ...SOURCES, { id: 'nulls', type: 'text', content: 'nulls', title: null, url: null }];
    const report = await host.add(given as unknown as typeof SOURCES, never, quiet);
    expect(report).toMatchObject({ added: 4, unchanged: 0 });
    expect(report.failed.map(({ id, code, reason }) => `${id} ${code} ${reason}`)).toEqual([
      expect.stringMatching(/^a#b bad-input .*must not be empty nor hold '#'/),
      expect.stringMatching(/^7 bad-input .*id takes a string, not 7/),
      expect.stringMatching(/^untyped bad-input .*type takes html, markdown, text or pdf, not undefined/),
      expect.stringMatching(/^strange bad-input .*type takes .*, not "foo"/),
      expect.stringMatching(/^empty bad-input .*content takes a string, Uint8Array or ArrayBuffer, not undefined/),
      expect.stringMatching(/^blob bad-input .*content takes .*, not \[object Blob\]/),
      expect.stringMatching(/^titled bad-input .*title takes a string, not 5/),
      expect.stringMatching(/^ bad-input .*an object, not null/),
    ]);
    expect((await host.status()).pending).toBe(0);
    for (const none of [undefined, SOURCES[0]])
      await expect(host.add(none as unknown as typeof SOURCES, never, quiet)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('list of documents'),
      });
  });

  it('takes bytes as an ArrayBuffer, too', async () => {
    const content = new TextEncoder().encode('An oar of bytes.').buffer;
    expect(await host.add([{ id: 'bytes', type: 'text', content }], never, quiet)).toMatchObject({ added: 1 });
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['bytes']);
  });

  it('takes documents without text, alone and among others', async () => {
    const blank = { id: 'blank', type: 'text' as const, content: '' };
    expect(await host.add([blank], never, quiet)).toMatchObject({ added: 1, passages: 0, failed: [] });
    expect(await host.add([{ ...blank, id: 'white', content: ' \n' }, ...SOURCES], never, quiet)).toMatchObject({
      added: 4,
      failed: [],
    });
    expect((await host.status()).pending).toBe(0);
    expect((await ask('oar', { pipeline: 'hybrid' })).ids[0]).toBe('boats');
  });

  it('leaves out a waiting document that is damaged, says so once, and indexes the rest', async () => {
    await dieWith(SOURCES);
    const store = fakes.stores.get('test');
    const [first = ''] = (await store?.list('inbox/')) ?? [];
    await store?.write({ put: new Map([[first, new Uint8Array(2)]]) });
    await open();
    const report = await host.add([], never, quiet);
    expect(report.failed).toMatchObject([{ code: 'corrupt', reason: expect.stringContaining('Add your newest') }]);
    expect(report.added).toBe(2);
    expect(await host.add([], never, quiet)).toMatchObject({ failed: [] });
  });

  it('leaves nothing behind of what was replaced', async () => {
    await host.add(SOURCES, never, quiet);
    const before = (await fakes.stores.get('test')?.list('segments/')) ?? [];
    const changed = SOURCES.map((source) => ({ ...source, content: `${source.content} Changed.` }));
    await host.add(changed, never, quiet);
    const after = (await fakes.stores.get('test')?.list('segments/')) ?? [];
    expect(after).toHaveLength(before.length);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('finds room in what was removed', async () => {
    const limit = 400_000;
    const inner = memoryStore();
    const sizes = new Map<string, number>();
    const used = (all = sizes) => [...all.values()].reduce((sum, size) => sum + size, 0);
    fakes.stores.set('test', {
      ...inner,
      async write(changes) {
        const next = new Map(sizes);
        for (const name of changes.remove ?? []) next.delete(name);
        for (const [name, bytes] of changes.put ?? []) next.set(name, bytes.length);
        if (used(next) > limit && used(next) > used()) throw new SearchError('quota', 'full');
        await inner.write(changes);
        sizes.clear();
        for (const [name, size] of next) sizes.set(name, size);
      },
    });
    await open();
    const words = (id: string) => Array.from({ length: 12_000 }, (_, i) => `w${id}${i % 3000}`).join(' ');
    const document = (id: string) => ({ id, type: 'text' as const, content: words(id) });
    await host.add([document('a')], never, quiet);
    await host.add([document('b')], never, quiet);
    await expect(host.add([document('c')], never, quiet)).rejects.toMatchObject({ code: 'quota' });
    expect((await ask('wa1', { pipeline: 'lexical' })).ids[0]).toBe('a');
    expect(await host.remove(['a', 'b', 'c'])).toBe(2);
    expect(used()).toBeLessThan(1000);
    expect(await host.add([document('d')], never, quiet)).toMatchObject({ added: 1 });
    // The version before is garbage that readers may still hold: it goes where its room is needed.
    for (const end of ['x', 'y', 'z'])
      expect(await host.add([{ ...document('d'), content: `${words('d')} ${end}` }], never, quiet)).toMatchObject({
        added: 1,
      });
  });

  it('keeps the version given last, where one run meets several, and none that was removed', async () => {
    const [boats] = SOURCES;
    if (boats === undefined) throw new Error('no boats');
    await host.add([boats], never, quiet);
    const changed = { ...boats, content: '# Boats\n\nA boat needs a zeppelin.' };
    await host.add([changed, boats], never, quiet);
    expect((await ask('zeppelin', { pipeline: 'lexical' })).ids).toEqual([]);
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);

    await dieWith(SOURCES.slice(1));
    expect((await host.status()).pending).toBe(2);
    await host.remove(['tea']);
    await host.add([], never, quiet);
    expect((await host.documents()).map(({ id }) => id).sort()).toEqual(['boats', 'lamps']);
  });

  it('removes what was given just before, without a word of its arrival', async () => {
    const adding = host.add(SOURCES, never, quiet);
    const removing = host.remove(['boats']);
    const again = host.add(SOURCES.slice(1, 2), never, quiet);
    await Promise.all([adding, removing, again]);
    expect((await host.documents()).map(({ id }) => id).sort()).toEqual(['lamps', 'tea']);
  });

  it('removes what was given before the call, not what is given while it waits for its turn', async () => {
    const [, , tea] = SOURCES;
    if (tea === undefined) throw new Error('no tea');
    await host.add([tea], never, quiet);
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    fakes.read = async (source) => {
      if (source.id === 'boats') await late;
      return readDocument(source);
    };
    const adding = host.add(SOURCES.slice(0, 2), never, quiet);
    const removing = host.remove(['tea']);
    const again = host.add([{ ...tea, content: '# Tea\n\nTea needs a samovar.' }], never, quiet);
    await new Promise((resolve) => setTimeout(resolve, 10));
    go();
    expect(await adding).toMatchObject({ added: 2 });
    expect(await removing).toBe(1);
    expect(await again).toMatchObject({ added: 1 });
    expect((await ask('samovar', { pipeline: 'lexical' })).ids).toEqual(['tea']);
  });

  it.each([
    ['within the same millisecond', 0],
    ['before, and comes to its turn after', -5],
  ])('counts to each tab what it has given, though another has given %s', async (_, later) => {
    const start = 1_800_000_000_000;
    const clock = vi
      .spyOn(Date, 'now')
      .mockReturnValue(start + later)
      .mockReturnValueOnce(start);
    const shared = surroundings(fakes);
    const tabs = await Promise.all(
      ['gannet', 'heron'].map(async (bird) => {
        const tab = createEngineHost(shared);
        await tab.open({ name: 'test', models: '', reranker: 'fake' });
        return { tab, bird };
      }),
    );
    const adding = tabs.map(({ tab, bird }) => {
      const given = Array.from({ length: 5 }, (_, at) => ({
        id: `${bird}-${at}`,
        type: 'text' as const,
        content: bird,
      }));
      return tab.add(given, never, quiet);
    });
    expect((await Promise.all(adding)).map(({ added }) => added)).toEqual([5, 5]);
    clock.mockRestore();
  });

  it('keeps the version given last, where two calls come within a millisecond', async () => {
    const [boats, lamps] = SOURCES;
    if (boats === undefined || lamps === undefined) throw new Error('no boats');
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    const changed = { ...boats, content: '# Boats\n\nA boat needs a zeppelin.' };
    await Promise.all([host.add([lamps, boats], never, quiet), host.add([changed], never, quiet)]);
    expect((await ask('zeppelin', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('reports to each of several calls at once what became of its own documents', async () => {
    const broken = { id: 'broken', type: 'pdf' as const, content: new Uint8Array([1, 2, 3]) };
    const reports = await Promise.all(
      [SOURCES[0], broken, SOURCES[1]].map((each) => host.add(each ? [each] : [], never, quiet)),
    );
    expect(reports).toMatchObject([
      { added: 1, failed: [] },
      { added: 0, failed: [{ id: 'broken' }] },
      { added: 1, failed: [] },
    ]);
  });

  it('goes on with what a closed tab has left', async () => {
    await dieWith(SOURCES);
    expect((await host.status()).pending).toBe(3);
    expect(await host.add([], never, quiet)).toMatchObject({ added: 3 });
    expect((await host.status()).pending).toBe(0);
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });

  it('a call that is cancelled before it begins, or while it waits or runs, adds nothing later', async () => {
    const aborted = AbortSignal.abort();
    await expect(host.add(SOURCES.slice(0, 1), aborted, quiet)).rejects.toMatchObject({ code: 'aborted' });
    expect((await host.status()).pending).toBe(0);
    const stop = new AbortController();
    fakes.read = async (source) => {
      if (source.id === 'boats') stop.abort();
      return readDocument(source);
    };
    const [running, waiting, other] = [SOURCES.slice(0, 1), SOURCES.slice(1, 2), SOURCES.slice(2)];
    const signals = [stop.signal, stop.signal, never];
    const reports = await Promise.allSettled(
      [running, waiting, other].map((sources, at) => host.add(sources, signals[at] ?? never, quiet)),
    );
    expect(reports).toMatchObject([
      { reason: { code: 'aborted' } },
      { reason: { code: 'aborted' } },
      { value: { added: 1, failed: [] } },
    ]);
    await open();
    expect((await host.status()).pending).toBe(0);
    expect((await host.documents()).map(({ id }) => id)).toEqual(['tea']);
  });

  it('a cancelled call keeps what it has stored', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 1100 }, (_, at) => ({
      id: `${at}`,
      type: 'text' as const,
      content: `oar ${at}`,
    }));
    const first = ({ documents }: IndexProgress) => void (documents === 1050 && stop.abort());
    await expect(host.add(many, stop.signal, first)).rejects.toMatchObject({ code: 'aborted' });
    expect(await host.status()).toMatchObject({ documents: 1024, pending: 0 });
  });

  it('going on with what was left undone, takes nothing of a call that comes after', async () => {
    const reports = await Promise.all([host.add([], never, quiet), host.add(SOURCES, never, quiet)]);
    expect(reports).toMatchObject([{ added: 0 }, { added: 3 }]);
  });

  it('takes what an earlier visit left undone along with new documents', async () => {
    await dieWith(SOURCES.slice(0, 2));
    expect((await host.status()).pending).toBe(2);
    // Its report is of its own.
    expect(await host.add(SOURCES.slice(2), never, quiet)).toMatchObject({ added: 1, unchanged: 0, passages: 1 });
    expect((await host.status()).pending).toBe(0);
    expect(await host.documents()).toHaveLength(3);
  });

  it('leaves out a document over which the page has ended again and again, and keeps the others', async () => {
    // A tab that dies runs nothing any more: the reading never comes back.
    fakes.read = (source) => (source.id === 'lamps' ? new Promise(() => undefined) : readDocument(source));
    for (let death = 0; death < 6; death++) {
      const indexing = host.add(death === 0 ? SOURCES : [], never, quiet);
      await Promise.race([indexing, new Promise((resolve) => setTimeout(resolve, 30))]);
      await open();
    }
    const report = await host.add([], never, quiet);
    expect(report.failed).toEqual([
      { id: 'lamps', code: 'internal', reason: expect.stringMatching(/ended 5 times .* left out/) },
    ]);
    expect(report.added).toBe(2);
    expect((await host.status()).pending).toBe(0);
    fakes.read = readDocument;
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 1, unchanged: 2, failed: [] });
  });

  it('has added documents that no room is left to merge with others', async () => {
    const store = memoryStore();
    let refused = 0;
    fakes.stores.set('test', {
      ...store,
      async write(changes) {
        const names = [...(changes.put?.keys() ?? [])];
        // A merge writes its blobs apart from the manifest.
        if (names.some((name) => name.startsWith('segments/')) && !names.includes('manifest')) {
          refused += 1;
          throw new SearchError('quota', 'full');
        }
        await store.write(changes);
      },
    });
    await open();
    for (let at = 0; at < 10; at += 1)
      expect(await host.add([{ id: `${at}`, type: 'text', content: `oar ${at}` }], never, quiet)).toMatchObject({
        added: 1,
      });
    expect(refused).toBeGreaterThan(0);
    expect((await host.documents()).length).toBe(10);
  });
});
