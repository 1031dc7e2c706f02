/** Whether containers of the real image can be run here, in the Vitest project that asks for them. */
import { execFileSync } from 'node:child_process';

/** The containers of this project are those of the real image, and no stand-ins. */
export const wantsEngine = process.env.TEST_CONTAINERS === 'docker';

/** Why they can't be run, a sentence part; null where they can, or are not asked for. */
export const noEngine = wantsEngine ? whyNoEngine() : null;

/** Asks the engine of Docker; why there is none, null where it answers. */
export function whyNoEngine(): string | null {
  try {
    execFileSync(process.env.WRANGLER_DOCKER_BIN ?? 'docker', ['info', '--format', '{{.ServerVersion}}'], {
      stdio: 'pipe',
      timeout: 20_000,
    });
    return null;
  } catch {
    return 'needs a Docker engine, and none answers here';
  }
}
