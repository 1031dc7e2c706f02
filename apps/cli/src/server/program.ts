/** Where the built parts of this checkout lie: what goes into sandboxes, and the pages. */
import { fileURLToPath } from 'node:url';

const root = new URL('../../../../', import.meta.url);

export const programPaths = {
  /** The root of the checkout. */
  root: fileURLToPath(root),
  /** Made by `npm run build`. */
  stepMom: fileURLToPath(new URL('dist/step-mom', root)),
  models: fileURLToPath(new URL('dist/step-mom/models.json', root)),
  platform: fileURLToPath(new URL('dist/platform', root)),
  skills: fileURLToPath(new URL('apps/step-mom/skills', root)),
};
