// What a cross-encoder costs on one WASM thread: processor milliseconds for 50 pairs of 128 tokens, one pair a run.
//     node training/wasm-time.mjs models/findling-rerank-tiny/model.int8.onnx [runs]
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';

const [file, runs = '50'] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(new Uint8Array(await readFile(file)), { executionProviders: ['wasm'] });
const row = (make) => new ort.Tensor('int64', BigInt64Array.from({ length: 128 }, (_, i) => BigInt(make(i))), [1, 128]);
const feeds = { input_ids: row((i) => 1000 + i * 37), attention_mask: row(() => 1), token_type_ids: row((i) => (i < 12 ? 0 : 1)) };
// Long enough for the browser engine to finish compiling the runtime, whose threads would be counted.
for (const end = Date.now() + 20_000; Date.now() < end; ) await session.run(feeds);
// The fastest fifth of the runs: other work on the machine only ever adds.
const times = [];
for (let i = 0; i < Number(runs); i += 1) {
  const begin = process.cpuUsage();
  await session.run(feeds);
  const used = process.cpuUsage(begin);
  times.push((used.user + used.system) / 1000);
}
times.sort((a, b) => a - b);
const best = times.slice(0, Math.max(1, times.length / 5));
console.log(JSON.stringify({ file, ms50: Math.round((50 * best.reduce((a, b) => a + b, 0)) / best.length), median50: Math.round(50 * times[times.length >> 1]) }));
