/** Before the first test of a project that runs Workers: a folder for their bundles, which the tests' processes share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLES_OF_RUN } from './bundle-worker.ts';

/** Vitest's form. */
export default async function openBundlesOfRun(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-bundles-'));
  process.env[BUNDLES_OF_RUN] = folder;
  return async () => {
    delete process.env[BUNDLES_OF_RUN];
    await rm(folder, { recursive: true, force: true });
  };
}
