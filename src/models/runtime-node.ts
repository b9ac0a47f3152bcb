import { openSession, ortError, type Runtime } from './session.ts';

/**
 * ONNX Runtime's native build, for the CLI and tests. Never imported by what runs in browsers.
 * `threads`: 1 by default, so that scores do not depend on the machine's load.
 */
export async function loadNodeRuntime({ threads = 1 }: { readonly threads?: number } = {}): Promise<Runtime> {
  try {
    const ort = await import('onnxruntime-node');
    const providers = ['cpu'];
    return {
      device: 'node',
      threads,
      ort,
      providers,
      open: (weights) =>
        openSession(ort, weights, {
          executionProviders: providers,
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
        }),
    };
  } catch (error) {
    throw ortError(error, 'Loading ONNX Runtime for Node');
  }
}
