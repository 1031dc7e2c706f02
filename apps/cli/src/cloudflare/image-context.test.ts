/** The folder that the image is built from has all that the Dockerfile takes, and nothing that is only this machine's. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imagePaths, prepareImageContext } from './image-context.ts';

const CHECKOUT = join(import.meta.dirname, '../../../..');
const TAKEN = ['deploy/agent-packages.txt', 'apps/step-mom/skills'];

let root: string;
/** A checkout whose bundle has a compile cache, below the link that builds leave. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tinyfat-image-context-'));
  for (const path of TAKEN) cpSync(join(CHECKOUT, path), join(root, path), { recursive: true });
  mkdirSync(join(root, 'dist/step-mom.7/cache'), { recursive: true });
  for (const name of ['main.js', 'models.json', 'cache/of-this-machine'])
    writeFileSync(join(root, 'dist/step-mom.7', name), name);
  symlinkSync('step-mom.7', join(root, 'dist/step-mom'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Everything in a folder: its mode, time of change, and contents. */
function contents(folder: string): Record<string, unknown> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    entries.map((path) => {
      const { mode, mtimeMs } = lstatSync(join(folder, path));
      const isFolder = lstatSync(join(folder, path)).isDirectory();
      return [path, [mode, mtimeMs, isFolder ? null : readFileSync(join(folder, path), 'latin1')]];
    }),
  );
}

it('it has what the Dockerfile copies, and no compile cache', () => {
  const context = prepareImageContext(root);
  expect(context).toBe(imagePaths(root).context);
  const dockerfile = readFileSync(imagePaths(CHECKOUT).dockerfile, 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY ([^-]\S*) /gm)].map(([, source = '']) => source);
  expect([...new Set(copied)].sort()).toEqual(['agent-packages.txt', 'skills', 'step-mom']);
  expect(readdirSync(context).sort()).toEqual(['agent-packages.txt', 'skills', 'step-mom']);
  expect(readdirSync(join(context, 'step-mom')).sort()).toEqual(['main.js', 'models.json']);
  expect(existsSync(join(context, 'skills/outgoing-mail/SKILL.md'))).toBe(true);
});

it('it is the same to the last bit, whatever the times and modes of the checkout, and holds nothing old', () => {
  const first = contents(prepareImageContext(root));
  chmodSync(join(root, 'dist/step-mom/main.js'), 0o600);
  utimesSync(join(root, 'dist/step-mom/models.json'), 1, 1);
  writeFileSync(join(root, 'dist/cloudflare-image/old'), '');
  expect(contents(prepareImageContext(root))).toEqual(first);
});

it('without the bundle it says how to build it, and a link is not followed', () => {
  symlinkSync('/etc/passwd', join(root, 'apps/step-mom/skills/outgoing-mail/link'));
  expect(() => prepareImageContext(root)).toThrow('outgoing-mail/link is no plain file');
  rmSync(join(root, 'dist/step-mom.7/main.js'));
  expect(() => prepareImageContext(root)).toThrow(`Run: ${root}/bin/tinyfat help`);
  expect(readdirSync(join(root, 'dist')).sort()).toEqual(['step-mom', 'step-mom.7']);
});
