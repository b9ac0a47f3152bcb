import { afterEach, describe, expect, it, vi } from 'vitest';
import { requestPersistence, storageEstimate } from './persistence.ts';

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
  it('tells how full the storage is', async () => {
    browser({ estimate: async () => ({ usage: 10, quota: 100 }), persisted: async () => false });
    expect(await storageEstimate()).toEqual({ usage: 10, quota: 100, persistence: 'best-effort' });
    browser({ estimate: async () => ({ usage: 10, quota: 100 }) });
    expect(await storageEstimate()).toEqual({ usage: 10, quota: 100, persistence: 'unknown' });
  });
  it('does not know where the browser does not say', async () => {
    for (const storage of [undefined, {}, { persist: opaque, estimate: opaque }]) {
      browser(storage);
      expect(await requestPersistence()).toBe('unknown');
      expect(await storageEstimate()).toBeUndefined();
    }
  });
});
