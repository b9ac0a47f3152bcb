import { parentPort, workerData } from 'node:worker_threads';
import { toSearchError } from '../core/errors.ts';
import { storedPage } from './index-cache.ts';
import { staticModel } from './index-table.ts';
import { readPage } from './page-reading.ts';
import type { PageJob, PageReply } from './page-threads.ts';

const port = parentPort;
const model = await staticModel(workerData as string);
port?.on('message', async ({ number, source, weight }: PageJob) => {
  let reply: PageReply;
  try {
    reply = { number, page: storedPage(await readPage(source, weight, model)) };
  } catch (error) {
    reply = { number, reason: toSearchError(error).message };
  }
  port.postMessage(reply, 'page' in reply ? [reply.page.stored.buffer] : []);
});
port?.postMessage('ready');
