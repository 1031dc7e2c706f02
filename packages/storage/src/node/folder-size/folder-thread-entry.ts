/** Entry of the thread that walks folders: several at once, in slices. */
import { parentPort } from 'node:worker_threads';
import type { WalkAnswer, WalkOrder } from './folder-thread.ts';
import { walkFolder } from './walk-folder.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');

const cancelled = new Set<number>();

port.on('message', async (order: WalkOrder | { cancel: number }) => {
  if ('cancel' in order) {
    cancelled.add(order.cancel);
    return;
  }
  const { id, path, bounds, changed } = order;
  let answer: WalkAnswer;
  try {
    answer = { id, walked: await walkFolder(path, bounds, changed, () => cancelled.has(id)) };
  } catch (error) {
    answer = { id, error: String(error) };
  }
  cancelled.delete(id);
  port.postMessage(answer);
});
