import { afterEach, describe, expect, it, vi } from 'vitest';

describe('the rules of a language whose script does not come', () => {
  afterEach(() => {
    for (const path of ['@orama/stopwords/danish', '../../core/lost-script.ts']) vi.doUnmock(path);
    vi.resetModules();
  });

  it('are named, and asked for again by the next text', async () => {
    vi.resetModules();
    vi.doMock('@orama/stopwords/danish', () => {
      throw new Error('lost');
    });
    vi.doMock('../../core/lost-script.ts', () => ({ lostScript: (_: unknown, task: string) => new Error(task) }));
    const { createAnalyzer } = await import('./analysis.ts');
    await expect(createAnalyzer('da')).rejects.toThrow('knows the words of the language "da"');
    vi.doUnmock('@orama/stopwords/danish');
    expect((await createAnalyzer('da-DK')).analyze('og husene')).toEqual(['hus']);
  });
});
