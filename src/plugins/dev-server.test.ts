import { describe, expect, it } from 'vitest';
import { pathOf } from './dev-server.ts';

describe('the path that an index is served under in development', () => {
  it('is that of the base', () => {
    expect(['/', '/docs', '/docs/', './', '', 'https://other.example/docs'].map(pathOf)).toEqual([
      '/',
      '/docs/',
      '/docs/',
      '/',
      '/',
      '/docs/',
    ]);
  });
});
