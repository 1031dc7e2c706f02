/** Every page of the docs, and the checkout that they are about. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT, readPage } from './markdown.ts';

const filesBelow = (folder: string): string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((name) => !/(^|\/)(node_modules|\.astro)(\/|$)/.test(name))
        .filter((name) => statSync(join(ROOT, name)).isFile())
    : [];
/** Names in the root of the checkout. */
export const TOP = readdirSync(ROOT);
/** Every file of the checkout, by its path. */
export const FILES = [
  ...TOP,
  ...['apps', 'packages', 'bin', 'e2e', 'bench', 'docs', 'deploy'].flatMap(filesBelow),
];
/** What all sources say, but those of the docs' tests, which would find their own words. */
export const SOURCES = FILES.filter((file) =>
  /\.(ts|astro|css|json)$|^bin\/[a-z-]+$|^deploy\/.*(?<!\.md)$/.test(file),
)
  .filter((file) => !file.startsWith('e2e/docs'))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n');

/** A changelog tells of what was: only its links must lead somewhere. */
export const PAGES = FILES.filter((file) => /^([A-Z]+\.md|(docs|deploy)\/.*\.md)$/.test(file))
  .filter((file) => file !== 'CHANGELOG.md')
  .map(readPage);
/** The pages and the changelog. */
export const LINKED = [
  ...PAGES,
  ...(existsSync(join(ROOT, 'CHANGELOG.md')) ? [readPage('CHANGELOG.md')] : []),
];
/** All code inside the text. */
export const CODE = PAGES.flatMap(({ code }) => code);
export const BLOCKS = PAGES.flatMap(({ blocks }) => blocks);
/** The blocks of shell. */
export const SCRIPTS = BLOCKS.filter(({ language }) => /^(sh|bash|shell)$/.test(language));

/** A line of what is wrong, with its place. */
export const at = ({ page, line }: { page: string; line: number }, what: string) =>
  `${page}:${line}: ${what}`;
/** One line for each thing that is wrong. */
export const expectNone = (wrong: string[]) => expect(wrong.join('\n')).toBe('');
