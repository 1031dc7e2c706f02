/** Names are the agent's: none leads out of the pages of its folder, and every address leads back to its name. */
import { expect, it } from 'vitest';
import { canBeNamed, downloadHref, filesHref, pathInFolder, steps } from './paths.ts';

const NAMES = [
  'a b',
  '50%',
  '%41',
  '%2e%2e',
  '#?&=',
  'é😀',
  '"><script>',
  "javascript:'x'",
  '\\..\\x',
  '..a',
  'x;y',
];

it.each(NAMES)('leads to %s and back', (name) => {
  const path = `folder/${name}`;
  const { pathname, origin } = new URL(filesHref('scout', path), 'http://test.example');
  expect(origin).toBe('http://test.example');
  expect(pathInFolder(pathname)).toBe(path);
  expect(downloadHref('scout', path)).not.toMatch(/[\s"<>#?]/);
});

it('names the folder itself, with or without a slash', () => {
  expect([pathInFolder('/agents/scout/files'), pathInFolder('/agents/scout/files/')]).toEqual(['', '']);
});

it.each([
  '/agents/scout/files/a%2fb',
  '/agents/scout/files//a',
  '/agents/scout/files/%zz',
  '/agents/scout/files/%ff',
])('reads no path in %s', (pathname) => {
  expect(pathInFolder(pathname)).toBe(null);
});

it('links no name that the API does not take', () => {
  expect(['a\nb', 'a\u2028b', 'a\ufffdb', '\ud800', '\x7f'].map(canBeNamed)).toEqual(Array(5).fill(false));
  expect(NAMES.every(canBeNamed)).toBe(true);
});

it('gives the folders above a path', () => {
  expect(steps('a/b').map(({ path }) => path)).toEqual(['a', 'a/b']);
  expect(steps('')).toEqual([]);
});
