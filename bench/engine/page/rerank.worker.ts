import { serve } from '../../../src/client/glue.ts';
import { createCrossEncoder, type OwnedCrossEncoder } from '../../../src/models/cross-encoder.ts';
import { kernelOpener } from '../../../src/models/kernel/bert.ts';
import { loadRuntime } from '../../../src/models/runtime.ts';
import { RUNTIME_FILES } from '../../../src/models/runtime-files.ts';
import { createWordPiece } from '../../../src/models/wordpiece.ts';

export interface RerankJob {
  /** URL of weights of the cross-encoders' form: our kernel's (.safetensors) or int8 for ONNX Runtime. */
  readonly model: string;
  readonly vocabulary: string;
  readonly pairs: number;
  /** Of each pair, with its query and special tokens. */
  readonly tokens: number;
  readonly threads: number;
}

const QUERY = 'how do I undo the last commit without losing my changes';
const WORDS =
  'moves the branch back by one commit and keeps your changes staged so that nothing of the work is lost when you try again with other options'.split(
    ' ',
  );

/** Texts longer than the tokens wanted, each another one: the encoder cuts them to exactly that many. */
function longTexts(count: number, tokens: number): readonly string[] {
  return Array.from({ length: count }, (_, text) =>
    Array.from({ length: tokens }, (_, i) => WORDS[(text * 7 + i * (1 + (text % 5))) % WORDS.length]).join(' '),
  );
}

let opened: { readonly encoder: OwnedCrossEncoder; readonly texts: readonly string[] } | undefined;

const jobs = {
  /** Loads the model, warms it with three pairs, and gives the threads it has. */
  async open({ model, vocabulary, pairs, tokens, threads }: RerankJob): Promise<number> {
    const runtime = model.endsWith('.safetensors')
      ? kernelOpener
      : await loadRuntime({ device: 'wasm', files: RUNTIME_FILES.wasm, maxThreads: threads });
    const [weights, words] = await Promise.all([
      fetch(model).then((response) => response.arrayBuffer()),
      fetch(vocabulary).then((response) => response.text()),
    ]);
    const session = await runtime.open(new Uint8Array(weights));
    const encoder = createCrossEncoder(session, createWordPiece(words), { maxTokens: tokens });
    const texts = longTexts(pairs, tokens);
    await encoder.score(QUERY, texts.slice(0, 3));
    opened = { encoder, texts };
    return runtime.threads;
  },
  /** Scores all pairs once. */
  async round(): Promise<void> {
    if (opened === undefined) throw new Error('Open a model first.');
    await opened.encoder.score(QUERY, opened.texts);
  },
};

export type RerankJobs = typeof jobs;

serve(() => jobs);
