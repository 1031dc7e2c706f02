/** A compile cache that somebody else could have written would be their code in the sandbox of every agent. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CachePlaces, findCache, storeCache } from './compile-cache.ts';

const isRoot = process.getuid?.() === 0;
let root: string;
let places: CachePlaces;
let filled: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'compile-cache-'));
  const made = join(root, 'step-mom.1');
  mkdirSync(made);
  writeFileSync(join(made, 'main.js'), 'import "./program-1.js"');
  symlinkSync('step-mom.1', join(root, 'step-mom'));
  places = {
    programFolder: join(root, 'step-mom'),
    cacheFolder: join(root, 'data-cache'),
    uid: 4242,
    alone: true,
  };
  filled = join(root, 'filled');
  mkdirSync(join(filled, 'v24'), { recursive: true });
  writeFileSync(join(filled, 'v24', 'abc'), 'compiled', { mode: 0o600 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const beside = () => join(root, 'step-mom', 'cache');
const only = (folder: string) => {
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? '');
};

test('lies beside the bundle, where every data folder finds it, and agents can read it', () => {
  expect(findCache(places)).toBeNull();
  const cache = storeCache(filled, places);
  const name = only(beside());
  expect(cache).toEqual({ path: `/opt/step-mom/cache/${name.split('/').at(-1)}`, platformFolders: {} });
  expect(findCache({ ...places, cacheFolder: join(root, 'other') })).toEqual(cache);
  expect(readFileSync(join(name, 'v24', 'abc'), 'utf8')).toBe('compiled');
  const modes = ['', 'v24', 'v24/abc'].map((path) => (lstatSync(join(name, path)).mode & 0o777).toString(8));
  expect(modes).toEqual(['755', '755', '644']);
  expect(existsSync(places.cacheFolder)).toBe(false);
});

test('is that of this bundle and of the user inside', () => {
  storeCache(filled, places);
  expect(findCache({ ...places, uid: 4243 })).toBeNull();
  writeFileSync(join(places.programFolder, 'main.js'), 'import "./program-2.js"');
  expect(findCache(places)).toBeNull();
});

test('is none where any file of the bundle was changed, is gone or can be read by others than before', () => {
  const chunk = join(places.programFolder, 'program-1.js');
  writeFileSync(chunk, 'export {}', { mode: 0o644 });
  storeCache(filled, places);
  const cache = findCache(places);
  expect(cache).not.toBeNull();
  writeFileSync(chunk, 'export { ');
  expect(findCache(places)).toBeNull();
  writeFileSync(chunk, 'export {}');
  expect(findCache(places)).toEqual(cache);
  chmodSync(chunk, 0o600);
  expect(findCache(places)).toBeNull();
  rmSync(chunk);
  expect(findCache(places)).toBeNull();
});

test('of two servers that fill it at once, the first one counts', () => {
  storeCache(filled, places);
  writeFileSync(join(filled, 'v24', 'abc'), 'of the second');
  expect(storeCache(filled, places)).toEqual(findCache(places));
  expect(readFileSync(join(only(beside()), 'v24', 'abc'), 'utf8')).toBe('compiled');
});

test('links are not copied', () => {
  symlinkSync('/etc/passwd', join(filled, 'v24', 'link'));
  storeCache(filled, places);
  expect(readdirSync(join(only(beside()), 'v24'))).toEqual(['abc']);
});

test.each<[string, (folder: string) => void]>([
  ['that others can write', (folder) => chmodSync(folder, 0o777)],
  ['that the group can write', (folder) => chmodSync(folder, 0o775)],
  ['that is a link', (folder) => replace(folder, () => symlinkSync(filled, folder))],
  ['that is a file', (folder) => replace(folder, () => writeFileSync(folder, 'x'))],
  ...(isRoot
    ? ([['of somebody else', (folder) => chownSync(folder, 4242, 4242)]] satisfies [
        string,
        (folder: string) => void,
      ][])
    : []),
])('one %s is not used, and the data folder has another', (_, spoil) => {
  storeCache(filled, places);
  spoil(only(beside()));
  expect(findCache(places)).toBeNull();
  const cache = storeCache(filled, places);
  const inData = only(places.cacheFolder);
  expect(cache).toEqual({
    path: '/var/cache/step-mom',
    platformFolders: { '/var/cache/step-mom': inData },
  });
  expect(findCache(places)).toEqual(cache);
});

function replace(folder: string, make: () => void): void {
  rmSync(folder, { recursive: true });
  make();
}

test.runIf(isRoot)('in the bundle of somebody else it is neither left nor looked for', () => {
  storeCache(filled, places);
  chownSync(join(root, 'step-mom.1'), 4242, 4242);
  expect(findCache(places)).toBeNull();
  expect(storeCache(filled, places)).toMatchObject({ path: '/var/cache/step-mom' });
});

test('what an earlier version left in the data folder is removed', () => {
  mkdirSync(join(places.cacheFolder, 'step-mom', 'v22'), { recursive: true });
  findCache(places);
  expect(existsSync(places.cacheFolder)).toBe(false);
});

test('where other servers use the data folder, theirs stay', () => {
  mkdirSync(join(places.cacheFolder, 'of-another-version'), { recursive: true });
  expect(findCache({ ...places, alone: false })).toBeNull();
  expect(only(places.cacheFolder)).toContain('of-another-version');
});
