/** docs/self-host.md names every check, and no other. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { localChecks } from './checks.ts';
import type { Check } from './finding.ts';
import { onlineChecks } from './online/checks.ts';
import { configOf } from './test-support/look.ts';

const page = readFileSync(new URL('../../../../docs/self-host.md', import.meta.url), 'utf8');
const [, section = ''] = /^## What doctor shows\n(.*?)^## /ms.exec(page) ?? [];

/** The names in the first column of one of the tables, in order. */
function documented(table: string): string[] {
  const [, rows = ''] = section.split(`| check | ${table} |`);
  const [first = ''] = rows.trimStart().split('\n\n');
  return [...first.matchAll(/^\| ([a-z, ]+) \|/gm)].flatMap(([, names = '']) => names.split(', '));
}
const names = (checks: readonly Check[]) => checks.map(({ name }) => name);

it('has the checks of this machine', () => {
  // Two checks have a second side, which has a name of its own.
  const told = documented('looks at').filter((name) => name !== 'limits' && name !== 'file system');
  expect(told.sort()).toEqual(names(localChecks(configOf({ DATA_DIR: '/nowhere' }))).sort());
});

it('has those that ask others', () => {
  const config = {
    ...configOf({ MAIL_DOMAIN: 'agents.example', DNS_SERVERS: '127.0.0.1:9' }),
    smtp: { host: '127.0.0.1', port: 2525, tls: { certFile: '/nowhere', keyFile: '/nowhere' } },
  };
  expect(documented('asks').sort()).toEqual(names(onlineChecks(config)).sort());
});
