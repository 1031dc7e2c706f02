/** Workers as they are deployed: bundled by wrangler, for Miniflare. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;
const wrangler = join(dirname(resolve('wrangler/package.json')), 'bin/wrangler.js');

/** What all Workers are bundled and run with; `apps/cli/src/cloudflare/worker-configs.ts` has the same. */
export const COMPATIBILITY = {
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['nodejs_compat'],
};

const bundled = new Map<string, Promise<string>>();

/** The text of the one module of a Worker; `entry` is the path of its source. Needs no network. Each is made once in a process. */
export async function bundleWorker(entry: string): Promise<string> {
  const found = bundled.get(entry) ?? bundle(entry);
  bundled.set(entry, found);
  return await found;
}

async function bundle(entry: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-bundle-'));
  try {
    const config = {
      name: 'worker',
      main: entry,
      compatibility_date: COMPATIBILITY.compatibilityDate,
      compatibility_flags: COMPATIBILITY.compatibilityFlags,
    };
    await writeFile(join(folder, 'wrangler.json'), JSON.stringify(config));
    const args = ['deploy', '--dry-run', '--outdir', 'out', '--config', 'wrangler.json'];
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder, CI: '1' };
    await run(process.execPath, [wrangler, ...args], { cwd: folder, env });
    return await readFile(join(folder, 'out', `${parse(entry).name}.js`), 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
