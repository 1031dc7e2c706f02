/** Runs the wrangler of this checkout's lock file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export interface WranglerRun {
  /** The checkout. */
  root: string;
  /** Where it runs, and leaves what it must leave somewhere: no `.env` of anybody is read there. */
  folder: string;
  /** What it is given beside what it needs from this process. */
  environment?: Readonly<Record<string, string>>;
}

/** Of this process: where programs, Docker, proxies and certificates are. No settings, which hold secrets. */
const PASSED_ON =
  /^(PATH|HOME|TMPDIR|XDG_\w+|DOCKER_\w+|BUILDX_\w+|BUILDKIT_\w+|WRANGLER_DOCKER_BIN|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(https?|all|no)_proxy)$/i;

/**
 * Its exit code and all that it printed. Secrets never stand in `words`, which other users of the machine can see. It asks
 * nothing, sends no figures, writes no log, finds no other configuration, and ends with this process.
 */
export async function wrangler(
  words: readonly string[],
  { root, folder, environment = {} }: WranglerRun,
): Promise<{ code: number; output: string }> {
  const program = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...passedOn(),
      CI: 'true',
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_WRITE_LOGS: 'false',
      ...environment,
    },
  });
  const end = () => void child.kill();
  process.once('exit', end);
  let output = '';
  const take = (chunk: string) => {
    output += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  try {
    const [code] = await once(child, 'close');
    return { code: Number(code ?? 1), output: stripVTControlCharacters(output) };
  } finally {
    process.removeListener('exit', end);
  }
}

function passedOn(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      PASSED_ON.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
