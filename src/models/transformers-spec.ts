import { SearchError } from '../core/errors.ts';
import { HUB_EMBEDDERS, type Pooling } from './hub-catalog.ts';
import type { Device } from './session.ts';

/** Any transformers.js model, by one option. */
export interface TransformersSpec {
  /** `origin`: from this page's own origin, under `path`; nothing else is asked. `hub`: from `host`, named by the caller. */
  readonly source: 'origin' | 'hub';
  /** As on the hub: `Xenova/all-MiniLM-L6-v2`; for `origin` the folder under `path`. */
  readonly model: string;
  /** URL (in Node a folder) that holds the model's folder; `/models/` by default. For `origin`. */
  readonly path?: string;
  /** `https://huggingface.co` by default. For `hub`. */
  readonly host?: string;
  /** Branch, tag or commit on the hub; `main` by default. Pin a commit, else vectors may silently change. */
  readonly revision?: string;
  /** q8 on WASM and in Node, fp32 on WebGPU by default: int8 has no kernels there. */
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';
  /** wasm in browsers by default; `node` in Node. */
  readonly device?: Device;
  /** Overrides the catalog (hub-catalog.ts); needed for models that it does not name. */
  readonly pooling?: Pooling;
  readonly queryPrefix?: string;
  readonly passagePrefix?: string;
  readonly maxTokens?: number;
}

/** Pooling, prefixes and length of an embedder: as given, else from the catalog. SearchError('bad-input') without a pooling. */
export function embedderSettings(spec: TransformersSpec) {
  const known = HUB_EMBEDDERS.find(({ model }) => model === spec.model);
  const pooling = spec.pooling ?? known?.pooling;
  if (pooling === undefined)
    throw new SearchError(
      'bad-input',
      `${spec.model} is not in the catalog: give its pooling (mean, cls, last or output) and prefixes, from its model card.`,
    );
  return {
    pooling,
    queryPrefix: spec.queryPrefix ?? known?.queryPrefix ?? '',
    passagePrefix: spec.passagePrefix ?? known?.passagePrefix ?? '',
    maxTokens: spec.maxTokens ?? known?.maxTokens ?? 512,
  };
}

/** The weights that are loaded: int8 has no kernels on WebGPU. */
export function dtypeFor(spec: TransformersSpec, device: Device): NonNullable<TransformersSpec['dtype']> {
  return spec.dtype ?? (device === 'webgpu' ? 'fp32' : 'q8');
}
