// Makes bert-kernel.ts of bert.as.ts, compiled twice; with --check it compares.
import { compiled, constant, keep } from '../../core/inlined-wasm.build.mjs';

const folder = import.meta.dirname;
const SOURCES = ['bert.as.ts', 'products.as.ts'];
const plain = await compiled(folder, SOURCES, '--enable simd');
const relaxed = await compiled(folder, SOURCES, '--enable simd --enable relaxed-simd');
keep(folder, 'bert', [
  ...constant('BERT_KERNEL', 'The kernel with SIMD, base64. In the code, so that it costs no request.', plain),
  ...constant('BERT_KERNEL_RELAXED', 'The kernel with relaxed SIMD, base64.', relaxed),
]);
