/** Docker, with which wrangler builds the image of the containers. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorCode } from '@tinyfat/core';

const run = promisify(execFile);
const WITHIN_MS = 30_000;

/** Why no image can be built here; null where one can. `program`: the one that wrangler takes. */
export async function dockerProblem(
  program = process.env.WRANGLER_DOCKER_BIN || 'docker',
): Promise<string | null> {
  try {
    await run(program, ['info'], { timeout: WITHIN_MS });
    return null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return `There is no ${program} on this machine.`;
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    const [last = ''] = said.split('\n').slice(-1);
    return `Docker does not run: ${last || `${program} info failed`}`;
  }
}
