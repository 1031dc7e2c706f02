/** Whose key pays for a run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, putProviderKey } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { upstreamOf } from './upstream.ts';

let folder: string;
let db: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-upstream-'));
  db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
  await putProviderKey(db, {
    id: 'key-of-ann',
    owner: 'ann@example.com',
    provider: 'anthropic',
    sealed: 'sealed',
    last_four: '-ann',
    created_at: 1,
  });
});
afterAll(async () => {
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['ann@example.com', true, { kind: 'anthropic', payer: 'owner' }],
  ['ann@example.com', false, { kind: 'anthropic', payer: 'owner' }],
  // The whole address counts.
  ['ann+x@example.com', true, { kind: 'anthropic', payer: 'operator' }],
  ['bob@example.com', true, { kind: 'anthropic', payer: 'operator' }],
  ['bob@example.com', false, { kind: 'demo' }],
])('for an agent of %s, where the operator pays: %s', async (owner, operatorPays, upstream) => {
  expect(await upstreamOf({ db, operatorPays }, { owner })).toEqual(upstream);
});
