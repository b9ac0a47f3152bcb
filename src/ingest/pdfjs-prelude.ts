/**
 * Evaluated just before pdf.js, see pdfjs.ts. It names these classes while it loads; only drawing would use them,
 * and in Node they may be missing.
 */
import { hideWorkerScope } from './worker-scope.ts';

for (const name of ['DOMMatrix', 'ImageData', 'Path2D'])
  if (!(name in globalThis)) Reflect.set(globalThis, name, class {});
hideWorkerScope();
