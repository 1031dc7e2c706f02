/**
 * A process with the last resort of a server and one listening port, for its tests: `node faulty-server.ts WHEN`. The
 * fault comes at the named moment; what happens is printed on standard output, log lines on standard error.
 */
import { createServer } from 'node:net';
import { makeLogger } from '@tinyfat/settings';
import { installLastResort } from '../last-resort.ts';

const when = process.argv[2] ?? '';
const GRACE_MS = 500;
let writes = 0;
const logger = makeLogger({
  level: 'info',
  plain: false,
  write(line) {
    writes += 1;
    if (when === 'logger' && writes === 1) throw new Error('the log is gone');
    process.stderr.write(`${line}\n`);
  },
});
const lastResort = installLastResort({ process, logger, graceMs: GRACE_MS });
const soon = (work: () => void) => void setTimeout(work, 10);
const fail = (): never => {
  throw new Error(`fault: ${when}`);
};

if (when === 'start') soon(fail);
const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
if (when === 'start') await new Promise(() => {});

const stop = async () => {
  console.log('stopping');
  await new Promise((resolve) => server.close(resolve));
  console.log(server.listening ? 'open' : 'closed');
  if (when === 'stop-throws') fail();
  if (when === 'stop-hangs') await new Promise(() => {});
  if (when === 'again') for (let n = 0; n < 100; n += 1) void Promise.reject(new Error(`another fault ${n}`));
  await new Promise((resolve) => setTimeout(resolve, 50));
};
lastResort.stopWith(stop);

if (when === 'good-stop' || when === 'during-stop') {
  if (when === 'during-stop') soon(fail);
  await stop();
  process.exit(lastResort.faulted() ? 1 : 0);
} else if (when === 'rejection') soon(() => void Promise.reject(new Error('fault: rejection')));
else if (when === 'odd') soon(() => void Promise.reject(Object.create(null)));
else soon(fail);
