import { expect, it } from 'vitest';
import { basePath } from './serve-command.ts';

it('takes a base with and without its slashes', () => {
  expect(['/', '', '//', '/docs/', 'docs', '/a/b'].map(basePath)).toEqual(['/', '/', '/', '/docs/', '/docs/', '/a/b/']);
});
