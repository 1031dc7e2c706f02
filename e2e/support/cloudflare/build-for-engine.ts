/** Vitest's global set-up for containers of the real image: nothing is built where none can be run. */
import { prepareImageContext } from '../../../apps/cli/src/cloudflare/image-context.ts';
import { buildWorkers, ROOT } from './build-workers.ts';
import { whyNoEngine } from './engine.ts';

export async function setup(): Promise<() => Promise<void>> {
  if (whyNoEngine() !== null) return async () => {};
  prepareImageContext(ROOT);
  return await buildWorkers('docker');
}
