import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMasterKey } from '@tinyfat/core';
import { transactOnce } from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';
import { duringLock } from '@tinyfat/testing/during-lock';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { expect, it } from 'vitest';
import { readSignInKey } from './sign-in-key-file.ts';

it('a server that starts while another makes the key under sign-in takes that one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-sign-in-key-'));
  const db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
  const path = join(folder, 'sign-in-key');
  const key = newMasterKey(randomBytes);
  const last = () => masterKeyFile(path).create([key]);
  const found = await duringLock(db, ['sign-in:key'], { last }, () =>
    transactOnce(db, [], (tx) => readSignInKey(tx, null, path)),
  );
  expect(found).toEqual({ ok: true, bytes: key.bytes });
  await db.destroy();
  await rm(folder, { recursive: true });
});
