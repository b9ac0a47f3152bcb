import { parentPort, workerData } from 'node:worker_threads';
import { indexBuilt, indexContent } from './adapter.ts';
import type { IndexJob } from './docusaurus.ts';

// Docusaurus loads its plugins through a transpiler that our modules do not survive; a thread loads them as they are.
const job = workerData as IndexJob;
const log = { info: (text: string) => console.log(text), warn: (text: string) => console.warn(text) };

if (job.kind === 'content') await indexContent(job.root, job.pages, job.options);
else {
  const urlOf = (path: string) => (job.isSlashless ? path.replace(/\.html$/, '') : path);
  await indexBuilt({ ...job, log, urlOf });
}
parentPort?.postMessage('done');
