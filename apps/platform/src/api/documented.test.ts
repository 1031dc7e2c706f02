/** docs/api.md has every code that the API answers with, under its status, and every scope. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { statusOf } from './answer.ts';
import { SCOPES } from './principal.ts';
import { errorsOf } from './route.ts';
import { ROUTES } from './routes/index.ts';

const page = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');

describe('docs/api.md', () => {
  it('has every code with its status, and no other', () => {
    const rows = [...page.matchAll(/^\| (\d{3}) \| `([a-z_]+)` \|/gm)].map(
      ([, status, code]) => `${status} ${code}`,
    );
    const codes = new Set([...ROUTES.values()].flatMap(errorsOf));
    codes.add('method_not_allowed').add('headers_too_large');
    expect(rows.sort()).toEqual([...codes].map((code) => `${statusOf(code)} ${code}`).sort());
  });

  it('has every scope', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+)` \| to /gm)].map(([, scope]) => scope);
    expect(rows).toEqual([...SCOPES]);
  });
});
