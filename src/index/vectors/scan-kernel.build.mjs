// Makes scan-kernel.ts of scan.as.ts; with --check it compares.
import { compiled, constant, keep } from '../../core/inlined-wasm.build.mjs';

const folder = import.meta.dirname;
const ABOUT = 'The compiled scan kernel, base64. In the code, so that it costs no request and no path to configure.';
keep(folder, 'scan', constant('SCAN_KERNEL', ABOUT, await compiled(folder, ['scan.as.ts'], '--enable simd')));
