/** A worker thread that does what no message should do to one: by the reading task's bytes. */
import { parentPort } from 'node:worker_threads';
import type { Posted, Reply } from '../node/threads/operations.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const post = (reply: Reply) => port.postMessage(reply);

port.on('message', (posted: Posted) => {
  if ('load' in posted) return post({ loaded: posted.load });
  const { id, task } = posted;
  const [raw] = task.args;
  const order = raw instanceof Uint8Array ? Buffer.from(raw).toString() : '';
  if (order === 'begin late') {
    setTimeout(() => {
      post({ id, begun: true });
      post({ id, answer: null });
    }, 400);
    return;
  }
  post({ id, begun: true });
  if (order === 'compute') for (;;) Math.sqrt(2);
  if (order === 'exit') process.exit(1);
  if (order === 'fill') for (const all: object[] = []; ; ) all.push({ a: [1, 2, 3] });
  if (order === 'throw') post({ id, reason: 'It threw.' });
  // Anything else waits for ever.
});
post({ loaded: 'start' });
