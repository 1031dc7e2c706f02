/** The docs name no setting that nobody reads, leave none out, and set nothing that the program refuses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../apps/server/src/config.ts';
import { at, BLOCKS, CODE, expectNone, SCRIPTS } from './docs/all-pages.ts';
import { NO_VARIABLES, OTHER_VARIABLES } from './docs/blocks.ts';
import { placeholders } from './docs/command-line.ts';
import { ROOT, readPage } from './docs/markdown.ts';
import { shellCommands } from './docs/shell-words.ts';

/** Settings that the program reads. */
const SETTINGS = new Set<string>();
readConfig(
  new Proxy(
    {},
    {
      get: (_, name) => {
        SETTINGS.add(String(name));
        return undefined;
      },
    },
  ),
);

const BUCKET = {
  STORAGE: 's3://bucket',
  STORAGE_ENDPOINT: 'https://account.r2.cloudflarestorage.com',
  STORAGE_ACCESS_KEY_ID: 'x',
  STORAGE_SECRET_ACCESS_KEY: 'x',
};

const OIDC = { OIDC_ISSUER: 'https://login.example.com', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'x' };

/** What an example needs beside it. */
const NEEDED_BESIDE: Readonly<Record<string, Record<string, string>>> = {
  STORAGE: BUCKET,
  STORAGE_ENDPOINT: BUCKET,
  STORAGE_REGION: BUCKET,
  STORAGE_TURN_CREDENTIALS: BUCKET,
  DATABASE_DIRECT_URL: { DATABASE_URL: 'postgres://tinyfat@127.0.0.1/tinyfat' },
  OIDC_ISSUER: OIDC,
  OIDC_CLIENT_ID: OIDC,
  RESEND_WEBHOOK_SECRET: { RESEND_API_KEY: 'x' },
};

describe('the docs', () => {
  it('set and name no variable that nobody reads', () => {
    const isKnown = (name: string) => SETTINGS.has(name) || Object.hasOwn(OTHER_VARIABLES, name);
    const set = SCRIPTS.flatMap((block) =>
      shellCommands(block.text)
        .flatMap(({ assigns }) => assigns)
        .filter((name) => /^[A-Z]/.test(name) && !isKnown(name))
        .map((name) => at(block, name)),
    );
    const others = new Set([...NO_VARIABLES, ...placeholders()]);
    const named = CODE.flatMap((code) => {
      const [, name = '', isSet] = /^([A-Z][A-Z0-9_]{2,})(=.*)?$/s.exec(code.text) ?? [];
      return name === '' || isKnown(name) || (isSet === undefined && others.has(name))
        ? []
        : [at(code, name)];
    });
    expectNone([...set, ...named]);
  });

  it('describe every setting that the program reads', () => {
    const described = new Set(
      readPage('docs/environment.md').code.map(({ text }) => /^[A-Z][A-Z0-9_]+/.exec(text)?.[0]),
    );
    expect([...SETTINGS].filter((name) => !described.has(name))).toEqual([]);
  });

  it('set nothing to a value that the program refuses', () => {
    const filled = (value: string) =>
      value.replace(/whsec_\w*…/g, `whsec_${'A'.repeat(32)}`).replace(/…|<\w+>/g, 'x');
    const blocks = SCRIPTS.map((block) => ({
      block,
      set: [...block.text.matchAll(/^([A-Z]\w+)='(.*)'/gm)].map(([, name = '', value = '']) => [
        name,
        filled(value),
      ]),
    })).filter(({ set }) => set.length > 0);
    expect(blocks.length).toBeGreaterThan(2);
    expectNone(
      blocks.flatMap(({ block, set }) => {
        const read = readConfig(Object.fromEntries(set));
        return read.ok ? [] : read.problems.map((problem) => at(block, problem));
      }),
    );
    const rows = readFileSync(join(ROOT, 'docs/environment.md'), 'utf8').matchAll(
      /^\| `([A-Z]\w+)` \|.*\| `([^`]+)` \|$/gm,
    );
    const examples = [...rows]
      .map(([, name = '', value = '']) => ({ name, value: filled(value) }))
      // A file that is not here.
      .filter(({ value }) => !value.startsWith('/etc/tinyfat'));
    expect(examples.length).toBeGreaterThan(20);
    // What some of them need beside them.
    const others = { TRUSTED_CLIENTS: '127.0.0.1', PUBLIC_URL: 'https://x.example' };
    expectNone(
      examples.flatMap(({ name, value }) => {
        const read = readConfig({ ...others, ...NEEDED_BESIDE[name], [name]: value });
        return read.ok ? [] : read.problems.map((problem) => `docs/environment.md: ${problem}`);
      }),
    );
  });

  it('show the answer to wrong settings as it is', () => {
    const shown = BLOCKS.filter(({ text }) => text.startsWith('tinyfat: SMTP_PORT is no port'));
    const read = readConfig({ SMTP_PORT: 'x', HOST: '0.0.0.0' });
    const problems = read.ok ? [] : read.problems.map((problem) => `tinyfat: ${problem}\n`);
    expect(shown.map(({ text }) => text)).toEqual([problems.join('')]);
  });
});
