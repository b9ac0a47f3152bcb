// Makes sums-kernel.ts of sums.as.ts; with --check it compares.
import { compiled, constant, keep } from '../../core/inlined-wasm.build.mjs';

const folder = import.meta.dirname;
const ABOUT = 'The compiled kernel, base64. In the code, so that it costs no request and no path to configure.';
keep(folder, 'sums', constant('SUMS_KERNEL', ABOUT, await compiled(folder, ['sums.as.ts'], '--enable simd')));
