/**
 * The folder that the image of turns' containers is built from (deploy/cloudflare/image/Dockerfile). It holds only what the
 * image takes from the checkout, a few megabytes, each time with the same bytes, modes and times, so that Docker finds in its
 * cache what has not changed, and wrangler pushes nothing new.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

/** Of every file: an arbitrary date. */
const TIME = new Date('2026-01-01T00:00:00Z');

/** The Dockerfile of a checkout, and the folder that it is built from; `prepareImageContext` makes that. */
export function imagePaths(root: string): { dockerfile: string; context: string } {
  return {
    dockerfile: join(root, 'deploy/cloudflare/image/Dockerfile'),
    context: join(root, 'dist/cloudflare-image'),
  };
}

/**
 * Makes the folder anew, as a whole or not at all. To be called before wrangler deploys the Worker `sandbox`.
 *
 * @param root - the checkout, with the bundle of the sandbox in `dist/step-mom` (`bin/build step-mom`)
 * @returns its path
 * @throws Error where the bundle is not built, or a part is no plain file
 */
export function prepareImageContext(root: string): string {
  const stepMom = join(root, 'dist/step-mom');
  if (!existsSync(join(stepMom, 'main.js')))
    throw new Error(`${stepMom} is not built. Run: ${join(root, 'bin/tinyfat')} help`);
  const { context } = imagePaths(root);
  const unfinished = mkdtempSync(`${context}.`);
  try {
    copyFile(join(root, 'deploy/agent-packages.txt'), join(unfinished, 'agent-packages.txt'));
    // Beside the bundle lie compile caches of this machine.
    copyFolder(stepMom, join(unfinished, 'step-mom'), { below: false });
    copyFolder(join(root, 'apps/step-mom/skills'), join(unfinished, 'skills'), { below: true });
    chmodSync(unfinished, 0o755);
    rmSync(context, { recursive: true, force: true });
    renameSync(unfinished, context);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
  return context;
}

/** `below`: with the folders in it; else they are left out. */
function copyFolder(from: string, to: string, { below }: { below: boolean }): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isFile()) copyFile(source, target);
    else if (!entry.isDirectory())
      throw new Error(`${source} is no plain file, so it can not go into the image`);
    else if (below) copyFolder(source, target, { below });
  }
  utimesSync(to, TIME, TIME);
}

function copyFile(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o644);
  utimesSync(to, TIME, TIME);
}
