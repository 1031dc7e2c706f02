/**
 * The docs say nothing that is not so: commands, options, files, names, links. Settings: docs-settings.test.ts. Blocks that
 * are run: docs-run.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  at,
  BLOCKS,
  CODE,
  expectNone,
  FILES,
  LINKED,
  PAGES,
  SCRIPTS,
  SOURCES,
  TOP,
} from './docs/all-pages.ts';
import { CHECKED, EXAMPLE_FILE, FOLLOWED, NOT_SEARCHED, RUN } from './docs/blocks.ts';
import { isInGroup, wrongWith, wrongWithMention } from './docs/command-line.ts';
import { type Block, type Inline, ROOT, readPage } from './docs/markdown.ts';
import { type ShellCommand, shellCommands } from './docs/shell-words.ts';

/** The commands of a block: of a script all of them, of a session on a terminal what was typed after `$`. */
function commandsOf(block: Block): ShellCommand[] {
  if (SCRIPTS.includes(block)) return shellCommands(block.text);
  return [...block.text.matchAll(/^\$ (.*)$/gm)].flatMap(([, line = '']) => shellCommands(line));
}

const BEFORE = new Set(['exec', 'sudo', 'runuser', 'env', 'docker']);

/** What follows `tinyfat` where that is the command, also behind `sudo` or `docker compose exec`; null where it is not. */
function tinyfatWords({ words }: ShellCommand): string[] | null {
  const isProgram = (word: string) => /^(?:.*\/bin\/)?tinyfat$/.test(word);
  const index = BEFORE.has(words[0] ?? '')
    ? words.findLastIndex(isProgram)
    : isProgram(words[0] ?? '')
      ? 0
      : -1;
  // `runuser -u tinyfat -- …`: the user.
  return index < 0 || words[index + 1] === '--' ? null : words.slice(index + 1);
}

describe('the docs', () => {
  it('are pages that this test knows how to read', () => {
    expect(PAGES.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'README.md',
        'CONTRIBUTING.md',
        'SECURITY.md',
        'docs/self-host.md',
        'docs/api.md',
      ]),
    );
    expect(SCRIPTS.length).toBeGreaterThan(15);
    expect(CODE.filter(({ text }) => text.startsWith('tinyfat ')).length).toBeGreaterThan(60);
  });

  it('have no block of shell of which nobody said whether it is run', () => {
    const entries = [...Object.values(RUN), ...FOLLOWED, ...CHECKED];
    const fits = (block: Block) =>
      entries.filter(({ page, has }) => block.page === page && block.text.includes(has));
    expectNone([
      ...SCRIPTS.filter((block) => fits(block).length !== 1).map((block) =>
        at(block, `${fits(block).length} entries of e2e/docs/blocks.ts are about this block; it needs one`),
      ),
      ...entries
        .filter((entry) => SCRIPTS.filter((block) => fits(block).includes(entry)).length !== 1)
        .map(({ page, has }) => `${page} has not one block with ${has}: see e2e/docs/blocks.ts`),
    ]);
    expect(CHECKED.filter(({ why }) => why.length < 20)).toEqual([]);
  });

  it('have scripts that a shell can read', () => {
    expectNone(
      SCRIPTS.flatMap((block) => {
        const { status, stderr } = spawnSync('sh', ['-n'], { input: block.text, encoding: 'utf8' });
        return status === 0 ? [] : [at(block, stderr)];
      }),
    );
  });

  it('have no command line that the program does not take', () => {
    expectNone(
      BLOCKS.flatMap((block) =>
        commandsOf(block).flatMap((command) => {
          const words = tinyfatWords(command);
          const wrong = words === null || words.includes('$@') ? null : wrongWith(words);
          return wrong === null ? [] : [at(block, `tinyfat ${words?.join(' ')}: ${wrong}`)];
        }),
      ),
    );
  });

  it('mention no command and no option that the program does not know', () => {
    expectNone(
      CODE.flatMap((code) => {
        const [first = '', second = ''] = code.text.split(' ');
        const line = isInGroup(first, second) ? `tinyfat ${code.text}` : code.text.replace(/^.*\/bin\//, '');
        const wrong = line.startsWith('tinyfat ') ? wrongWithMention(line) : null;
        return wrong === null ? [] : [at(code, `${line}: ${wrong}`)];
      }),
    );
  });

  it('name no npm script, no test and no file in a command that is not there', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const commands = [
      ...BLOCKS.flatMap((block) =>
        commandsOf(block).map(({ words }) => ({ where: block as Omit<Inline, 'text'>, words })),
      ),
      ...CODE.filter(({ text }) => /^(npm|sh|node|\.\/|sudo) ?/.test(text)).flatMap((code) =>
        shellCommands(code.text).map(({ words }) => ({ where: code, words })),
      ),
    ];
    expectNone(
      commands.flatMap(({ where, words }) => {
        const npm = words.indexOf('npm');
        const script =
          words[npm + 1] === 'run' ? words[npm + 2] : words[npm + 1] === 'test' ? 'test' : undefined;
        const files = words
          .map((word) => word.replace(/^\/opt\/tinyfat\//, ''))
          .filter((word) => TOP.includes(word.split('/')[0] ?? '') && /[/.]/.test(word));
        const title =
          words.includes('vitest') && words.includes('-t') ? (words[words.indexOf('-t') + 1] ?? '') : '';
        const tested = files.filter((file) => file.endsWith('.test.ts') && existsSync(join(ROOT, file)));
        return [
          ...(npm >= 0 && script !== undefined && !Object.hasOwn(scripts, script)
            ? [`npm run ${script}`]
            : []),
          ...files.filter((file) => !existsSync(join(ROOT, file))),
          ...(tested.some((file) => !readFileSync(join(ROOT, file), 'utf8').includes(title)) ? [title] : []),
        ].map((what) => at(where, `${what} is not there`));
      }),
    );
  });

  it('name no file, folder or test below the checkout that is not there', () => {
    const isThere = (path: string) =>
      [path, `${path}.test.ts`, `${path}.security.test.ts`].some((name) => existsSync(join(ROOT, name)));
    expectNone(
      CODE.flatMap((code) => {
        const path = code.text.replace(/^\/opt\/tinyfat\//, '').replace(/:\d+$/, '');
        const isPath = /^[\w.-]+(?:\/[\w.[\]-]*)+$/.test(path) && TOP.includes(path.split('/')[0] ?? '');
        if (isPath) return isThere(path) || isMade(path) ? [] : [at(code, path)];
        const isSource = /^[\w./-]+\.(?:ts|astro|css|sh)$/.test(path) && !EXAMPLE_FILE.test(path);
        return isSource && !FILES.some((file) => `/${file}`.endsWith(`/${path}`)) ? [at(code, path)] : [];
      }),
    );
  });

  it('name no function, type or code of ours that is nowhere in the sources', () => {
    const isOurs = /^(?:[a-z]+[A-Z]\w*|[A-Z]\w*[a-z]\w*[A-Z]\w*|[a-z]+(?:_[a-z]+)+)(?:\(.*\))?$/;
    const missing = CODE.filter(({ text }) => isOurs.test(text) && !NOT_SEARCHED.includes(text)).filter(
      ({ text }) => !new RegExp(`\\b${text.replace(/\(.*/s, '')}\\b`).test(SOURCES),
    );
    expectNone(missing.map((code) => at(code, code.text)));
  });

  it('quote no message that nothing prints', () => {
    const { path, headings } = readPage('docs/self-host.md');
    const from = headings.find(({ text }) => text === 'Troubleshooting')?.line ?? Number.POSITIVE_INFINITY;
    const rows = readFileSync(join(ROOT, path), 'utf8').split('\n').entries();
    const quotes = [...rows]
      .filter(([index, row]) => index >= from && row.startsWith('|'))
      .flatMap(([index, row]) =>
        [...(row.split('|')[1] ?? '').matchAll(/`([^`]* [^`]*)`/g)].map((match) => ({
          ...{ page: path, line: index + 1, text: match[1] ?? '' },
        })),
      );
    expect(quotes.length).toBeGreaterThan(5);
    expectNone(
      quotes
        .filter(({ text }) => !NOT_SEARCHED.includes(text))
        .filter(({ text }) => text.split('…').some((part) => !SOURCES.includes(part.trim())))
        .map((quote) => at(quote, quote.text)),
    );
  });

  it('have no link that leads nowhere', () => {
    expectNone(
      LINKED.flatMap(({ path, links }) =>
        links
          .filter(({ text }) => !/^(?:https:|mailto:)/.test(text))
          .filter(({ text }) => {
            const [file = '', anchor] = text.split('#');
            const target = file === '' ? path : join(dirname(path), file);
            if (!existsSync(join(ROOT, target))) return true;
            if (anchor === undefined) return false;
            const page = LINKED.find((other) => other.path === target) ?? readPage(target);
            return !page.anchors.has(anchor);
          })
          .map((link) => at(link, link.text)),
      ),
    );
  });
});

/** What is made below the checkout, and may be missing in a fresh one. */
function isMade(path: string): boolean {
  return /^(?:dist|data|node_modules|\.runtime)(?:\/|$)/.test(path);
}
