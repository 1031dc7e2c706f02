/**
 * Runs command lines for all tests in one process that has loaded the command line once: a connection to the Unix
 * socket brings the words, the environment and the input of one, and gets its exit code and what it printed. Many may
 * run at once. A command that starts a server needs a process of its own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { format } from 'node:util';
import { runCommandLine } from '../../apps/cli/src/command-line/run.ts';

/** What a connection brings, as JSON. */
export interface CommandRequest {
  words: string[];
  environment: Record<string, string>;
  stdin: string;
}

/** What it gets, as JSON. */
export interface CliResult {
  /** Null when a signal ended the process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Running {
  stdin: Readable;
  printed: { stdout: Buffer[]; stderr: Buffer[] };
}

const running = new AsyncLocalStorage<Running>();

for (const name of ['stdout', 'stderr'] as const) {
  const own = process[name].write.bind(process[name]);
  const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const command = running.getStore();
    if (!command) return own(chunk);
    command.printed[name].push(Buffer.from(chunk));
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  Object.assign(process[name], { write });
}
console.log = (...words) => void process.stdout.write(`${format(...words)}\n`);
console.error = (...words) => void process.stderr.write(`${format(...words)}\n`);
const ownStdin = process.stdin;
Object.defineProperty(process, 'stdin', { get: () => running.getStore()?.stdin ?? ownStdin });
process.umask(0o022);

async function run({ words, environment, stdin }: CommandRequest): Promise<CliResult> {
  const command: Running = {
    stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
    printed: { stdout: [], stderr: [] },
  };
  const code = await running.run(command, () => runCommandLine(words, environment));
  const { stdout, stderr } = command.printed;
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

const server = createServer({ allowHalfOpen: true }, (socket) => {
  const request: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk) => request.push(chunk));
  socket.on('end', async () => {
    socket.end(JSON.stringify(await run(JSON.parse(Buffer.concat(request).toString()))));
  });
});
// The tests are over, or their process has died.
process.on('disconnect', () => process.exit());
server.listen(process.argv[2], () => process.send?.('ready'));
