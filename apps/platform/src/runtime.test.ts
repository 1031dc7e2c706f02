/** The pages, the API and the accounts will run on Workers too: only the composition knows Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = import.meta.dirname;
const NODE_ONLY = /from '(?:node:|prom-client|@tinyfat\/mail|\.\.?\/node\/)|\b(?:process|Buffer)\.\w/;

const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:ts|astro)$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => !path.startsWith('node/') && path !== 'backend/node.ts')
  .filter((path) => !/\.test\.ts$|^test-support\/|\/test-support\//.test(path));

describe('the platform without its compositions', () => {
  it.each(sources)('%s knows nothing of Node', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).not.toMatch(NODE_ONLY);
  });
});
