/** Before the first test of e2e: starts the process that runs command lines; the tests' processes inherit where. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Name of the variable that holds the path of its socket. */
const VARIABLE = 'TINYFAT_E2E_COMMAND_RUNNER';

export default async function startCommandRunner(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-commands-'));
  const socket = join(folder, 'socket');
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  const runner = fork(new URL('command-runner.ts', import.meta.url), [socket], {
    env: { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) },
    execArgv: [],
  });
  await once(runner, 'message');
  process.env[VARIABLE] = socket;
  return async () => {
    runner.disconnect();
    await once(runner, 'exit');
    await rm(folder, { recursive: true });
  };
}
