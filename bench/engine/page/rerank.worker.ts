import { serve } from '../../../src/client/glue.ts';
import { createCrossEncoder } from '../../../src/models/cross-encoder.ts';
import { loadRuntime } from '../../../src/models/runtime.ts';
import { RUNTIME_FILES } from '../../../src/models/runtime-files.ts';
import { createWordPiece } from '../../../src/models/wordpiece.ts';

export interface RerankJob {
  /** URL of an int8 model of the cross-encoders' form. */
  readonly model: string;
  readonly vocabulary: string;
  readonly pairs: number;
  /** Of each pair, with its query and special tokens. */
  readonly tokens: number;
  readonly threads: number;
  readonly rounds: number;
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

const jobs = {
  async rerank(job: RerankJob, signal: AbortSignal) {
    const runtime = await loadRuntime({ device: 'wasm', files: RUNTIME_FILES.wasm, maxThreads: job.threads });
    const [weights, vocabulary] = await Promise.all([
      fetch(job.model).then((response) => response.arrayBuffer()),
      fetch(job.vocabulary).then((response) => response.text()),
    ]);
    const session = await runtime.open(new Uint8Array(weights));
    const encoder = createCrossEncoder(session, createWordPiece(vocabulary), { maxTokens: job.tokens });
    const texts = longTexts(job.pairs, job.tokens);
    await encoder.score(QUERY, texts.slice(0, 3));
    const ms: number[] = [];
    for (let round = 0; round < job.rounds; round += 1) {
      const start = performance.now();
      await encoder.score(QUERY, texts, signal);
      ms.push(performance.now() - start);
    }
    await encoder.close();
    return { ms, threads: runtime.threads };
  },
};

export type RerankJobs = typeof jobs;

serve(jobs);
