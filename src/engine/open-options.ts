import { check, checkAll, OBJECT, oneOf, type Rule, TEXT, YES_OR_NO } from './checks.ts';
import type { OpenOptions, Tier } from './types.ts';

const OPEN: Readonly<Record<keyof OpenOptions, Rule>> = {
  name: TEXT,
  models: TEXT,
  published: {
    expected: 'a list of URLs',
    holds: (value) => Array.isArray(value) && value.every(TEXT.holds),
  },
  reranker: {
    expected: 'the id of a cross-encoder, or an object that names a transformers.js model',
    holds: (value) => TEXT.holds(value) || OBJECT.holds(value),
  },
  embedder: OBJECT,
  renew: YES_OR_NO,
  backend: oneOf('wasm', 'webgpu'),
  allowFallbackAdapter: YES_OR_NO,
  language: TEXT,
};
const TIER = oneOf('lexical', 'semantic', 'reranked');

export function checkOpen(options: OpenOptions): void {
  check('name', options.name, OPEN.name);
  check('models', options.models, OPEN.models);
  checkAll(OPEN, options);
}

export function checkTier(tier: Tier): void {
  check('warm()', tier, TIER);
}
