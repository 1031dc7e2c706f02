/** Workers as they are deployed: bundled by wrangler, for Miniflare. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;
const wrangler = join(dirname(resolve('wrangler/package.json')), 'bin/wrangler.js');

/** What all Workers are bundled and run with; `apps/cli/src/cloudflare/worker-configs.ts` has the same. */
export const COMPATIBILITY = {
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['nodejs_compat'],
};

/** Names the folder in which the processes of a run find what one of them has bundled (`bundles-of-run.ts`). */
export const BUNDLES_OF_RUN = 'TEST_BUNDLES';
const LOOK_EVERY_MS = 50;
/** Who began a bundle and has not ended it by then is dead. */
const BUNDLED_WITHIN_MS = 60_000;

/**
 * The text of the one module of a Worker; `entry` is the path of its source. Needs no network. In a run with a folder for
 * bundles the first process that asks makes it, and the others wait.
 */
export async function bundleWorker(entry: string): Promise<string> {
  const folder = process.env[BUNDLES_OF_RUN];
  if (folder === undefined) return await bundle(entry);
  const path = join(folder, createHash('sha256').update(entry).digest('hex'));
  const mine = await mkdir(`${path}.begun`).then(
    () => true,
    () => false,
  );
  if (!mine) {
    const end = Date.now() + BUNDLED_WITHIN_MS;
    while (Date.now() < end) {
      if (await stat(path).catch(() => null)) return await readFile(path, 'utf8');
      await setTimeout(LOOK_EVERY_MS);
    }
  }
  const text = await bundle(entry);
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
  return text;
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
