/** Where the built parts of this checkout lie: what goes into sandboxes, and the pages. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../..', import.meta.url);

export const programPaths = {
  /** The root of the checkout. */
  root: fileURLToPath(root),
  /** Made by `npm run build`; what follows lies in it. */
  built: fileURLToPath(new URL('dist', root)),
  stepMom: fileURLToPath(new URL('dist/step-mom', root)),
  models: fileURLToPath(new URL('dist/step-mom/models.json', root)),
  platform: fileURLToPath(new URL('dist/platform', root)),
  skills: fileURLToPath(new URL('apps/step-mom/skills', root)),
};

/** What the build makes and is not there; null where all of it is. */
export function missingBuild(): string | null {
  const { stepMom, models, platform } = programPaths;
  const needed = [join(stepMom, 'main.js'), models, join(platform, 'server/entry.mjs')];
  return needed.find((path) => !existsSync(path)) ?? null;
}

/** The version of this program, as its package says. */
export function programVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(programPaths.root, 'package.json'), 'utf8'),
  );
  return version;
}
