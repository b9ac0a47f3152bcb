/**
 * pdf.js, made to run in the thread that calls it. It would start a worker by the address of a file of its own; given
 * its worker's code as a module, it does without, and for us the caller is a worker already.
 *
 * That module, evaluated inside a worker, takes the worker for its own and answers its messages, ours included. So the
 * imports' order matters: the prelude hides that there is a worker, and this module's body ends that. All is evaluated
 * in one go, without a pause in which other code could run.
 */
import './pdfjs-prelude.ts';
import 'pdfjs-dist/legacy/build/pdf.worker.mjs';
import { showWorkerScope } from './worker-scope.ts';

export { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';

showWorkerScope();
