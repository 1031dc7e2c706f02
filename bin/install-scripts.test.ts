/** Packages run no program of their own while they are installed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/**
 * Packages of the lock file that have one, and why nothing is lost without it. A new one fails the test below: read
 * its script first, and only where it is needed call it by name in with-node, after `npm ci`.
 */
const NOT_NEEDED: Record<string, string> = {
  '@google/genai': 'prints a line',
  esbuild: 'makes its command start faster; the program comes with a package of its own',
  protobufjs: 'warns about version numbers',
  workerd: 'checks its program; that comes with a package of its own',
};

const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

test('each package of the lock file that would run one is known', () => {
  const { packages }: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
    file('package-lock.json'),
  );
  const found = Object.entries(packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect([...new Set(found)].sort()).toEqual(Object.keys(NOT_NEEDED).sort());
});

test('npm is told to run none, by whichever command packages are installed', () => {
  expect(file('.npmrc').split('\n')).toContain('ignore-scripts=true');
  expect(file('bin/with-node')).toMatch(/npm ci --ignore-scripts /);
});
