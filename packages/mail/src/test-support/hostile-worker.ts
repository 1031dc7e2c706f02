/** A worker thread that does what no message should do to one: by the reading task's bytes. */
import { parentPort, workerData } from 'node:worker_threads';
import { started } from '../workers/loading.ts';
import type { Posted, Reply } from '../workers/tasks.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');

port.on('message', ({ id, task }: Posted) => {
  port.postMessage({ id, begun: true } satisfies Reply);
  const order = 'raw' in task ? Buffer.from(task.raw).toString() : '';
  if (order === 'compute') for (;;) Math.sqrt(2);
  if (order === 'exit') process.exit(1);
  if (order === 'fill') for (const all: object[] = []; ; ) all.push({ a: [1, 2, 3] });
  if (order === 'throw') port.postMessage({ id, reason: 'It threw.' } satisfies Reply);
  // Anything else waits for ever.
});
started(workerData);
