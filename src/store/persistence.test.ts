import { afterEach, describe, expect, it, vi } from 'vitest';
import { requestPersistence } from './persistence.ts';

const browser = (storage: unknown) => vi.stubGlobal('navigator', { storage });
const opaque = () => Promise.reject(new TypeError('opaque origin'));

describe('persistence', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('tells the browser’s verdict', async () => {
    browser({ persist: async () => true });
    expect(await requestPersistence()).toBe('persistent');
    browser({ persist: async () => false });
    expect(await requestPersistence()).toBe('best-effort');
  });
  it('tells the present state in a worker, where nobody may ask', async () => {
    browser({ persisted: async () => true });
    expect(await requestPersistence()).toBe('persistent');
  });
  it('does not know where the browser does not say', async () => {
    for (const storage of [undefined, {}, { persist: opaque }]) {
      browser(storage);
      expect(await requestPersistence()).toBe('unknown');
    }
  });
});
