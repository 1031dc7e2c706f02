/** Step-mom's compile cache through real sandboxes: filled once for a bundle, whatever the data folder is. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { probeStepMom } from '@tinyfat/sandbox-spike';
import { sandboxLimits } from '@tinyfat/server/parts/sandbox-limits';
import { programPaths } from '@tinyfat/server/program';
import { afterAll, beforeAll, expect, it } from 'vitest';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tinyfat-compile-cache-'));
  const filter = (path: string) => !path.endsWith('/cache');
  cpSync(programPaths.stepMom, join(root, 'step-mom'), { recursive: true, dereference: true, filter });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function probe(dataDir: string) {
  for (const folder of ['turns', 'sandbox']) mkdirSync(join(root, dataDir, folder), { recursive: true });
  return probeStepMom({
    sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, dataDir, 'sandbox') }),
    runtimeFolder: join(root, dataDir, 'turns'),
    programFolder: join(root, 'step-mom'),
    cacheFolder: join(root, dataDir, 'cache'),
    owner: sandboxOwner(),
    alone: true,
    limits: sandboxLimits(60_000),
  });
}

it('two servers that start at once fill it; the next finds it, and writes nothing', async () => {
  const [one, two] = await Promise.all([probe('one'), probe('two')]);
  expect(one).toMatchObject({
    ok: true,
    cache: { path: expect.stringMatching(/^\/opt\/step-mom\/cache\//) },
  });
  expect(two).toEqual(one);
  const cache = join(root, 'step-mom', 'cache');
  const files = () =>
    readdirSync(cache, { recursive: true })
      .map(String)
      .sort()
      .map((name) => [name, statSync(join(cache, name)).mtimeMs]);
  const filled = files();
  expect(filled.length).toBeGreaterThan(5);
  expect(await probe('three')).toEqual(one);
  expect(files()).toEqual(filled);
  for (const dataDir of ['one', 'two', 'three']) expect(existsSync(join(root, dataDir, 'cache'))).toBe(false);
});
