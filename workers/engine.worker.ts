import { serve } from '../src/client/glue.ts';
import { browserSurroundings } from '../src/client/surroundings.ts';
import { createEngineHost } from '../src/engine/host.ts';

// Owns store, index and pipelines. The model worker is a worker of its own, because it must be disposable.
serve(() =>
  createEngineHost(
    browserSurroundings(
      () => new Worker(new URL('./model.worker.ts', import.meta.url), { type: 'module', name: 'findling-model' }),
    ),
  ),
);
