/** Runs the wrangler of this checkout's lock file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface WranglerRun {
  /** The checkout. */
  root: string;
  /** What it is given beside PATH and HOME, such as CLOUDFLARE_API_TOKEN. */
  environment?: Readonly<Record<string, string>>;
  /** What it reads: a secret goes this way and never into its words, which other users of the machine can see. */
  stdin?: string;
  /** Gets what it prints, as it comes. */
  onOutput?(text: string): void;
}

/** Modules that several runtimes know are taken in their form for Workers, and where there is none in that for Node. */
const CONDITIONS = 'workerd,worker,browser,node';

/** Its exit code and all that it printed. It asks nothing, sends no figures, and finds no other configuration. */
export async function wrangler(
  words: readonly string[],
  { root, environment = {}, stdin = '', onOutput = () => {} }: WranglerRun,
): Promise<{ code: number; output: string }> {
  const program = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: root,
    stdio: 'pipe',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      CI: 'true',
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_BUILD_CONDITIONS: CONDITIONS,
      ...environment,
    },
  });
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    onOutput(chunk.toString());
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  // One that ends at once may have read nothing.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [code] = await once(child, 'close');
  return { code: Number(code ?? 1), output };
}
