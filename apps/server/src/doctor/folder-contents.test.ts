/** What lies in DATA_DIR: keys, the database, mail that does not leave. Looked at, never changed. */

import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { formatMasterKeys, newMasterKey } from '@tinyfat/core';
import { putProviderKey } from '@tinyfat/database';
import { openSqlite } from '@tinyfat/database/sqlite';
import { openSentMail } from '@tinyfat/testing/sent-mail';
import { describe, expect, it, onTestFinished } from 'vitest';
import { databaseCheck, deliveriesCheck } from './database.ts';
import { keyFilesCheck } from './key-files.ts';
import { readRecords } from './records.ts';
import { configOf, look, testFolder } from './test-support/look.ts';

const ABSENT = async () => ({ state: 'absent' as const });
const recordsOf = (folder: string) => () => readRecords(join(folder, 'tinyfat.sqlite'));
const snapshot = (folder: string) =>
  readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return [name, readFileSync(path, 'base64'), statSync(path).mode, statSync(path).mtimeMs];
  });

describe('keys', () => {
  const keys = formatMasterKeys([newMasterKey(randomBytes)]);
  const check = async (folder: string, environment: Record<string, string> = {}) =>
    await look(keyFilesCheck(configOf({ DATA_DIR: folder, ...environment }), recordsOf(folder)));

  it('that nobody else can read are ok; those that others can read are broken, and stay as they are', async () => {
    const folder = testFolder();
    expect(await check(folder)).toMatchObject([{ state: 'ok', found: 'none made yet' }]);
    for (const name of ['master-keys', 'sign-in-key'])
      writeFileSync(join(folder, name), `${keys}\n`, { mode: 0o600 });
    expect(await check(folder)).toMatchObject([{ state: 'ok', found: 'readable for this user only' }]);
    for (const name of ['master-keys', 'sign-in-key']) chmodSync(join(folder, name), 0o644);
    const before = snapshot(folder);
    const found = await check(folder);
    expect(found).toMatchObject([
      { state: 'broken', found: expect.stringMatching(/^master-keys: Others can read it; run: chmod 600 /) },
      { state: 'broken', found: expect.stringMatching(/^sign-in-key: Others can read it; run: chmod 600 /) },
    ]);
    expect(snapshot(folder)).toEqual(before);
    expect(JSON.stringify(found)).not.toContain(keys.split(':')[1]);
  });

  it('that stored keys need and that are gone are broken', async () => {
    const folder = testFolder();
    const db = await openSqlite(join(folder, 'tinyfat.sqlite'));
    const key = { id: 'k', owner: 'o@example.com', provider: 'anthropic' as const, sealed: 's' };
    await putProviderKey(db, { ...key, last_four: 'xxxx', created_at: 1 });
    await db.destroy();
    expect(await check(folder)).toMatchObject([
      { state: 'broken', found: expect.stringMatching(/there is no .*master-keys, and stored keys/) },
    ]);
    expect(await check(folder, { MASTER_KEYS: keys })).toMatchObject([{ state: 'ok' }]);
  });

  it('in a file that MASTER_KEYS makes useless are a note', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'master-keys'), `${keys}\n`, { mode: 0o600 });
    expect(await check(folder, { MASTER_KEYS: keys })).toMatchObject([
      { state: 'note', found: expect.stringContaining('is not read') },
    ]);
  });
});

describe('the database', () => {
  it('that is not there yet is a note, and no database a broken one', async () => {
    expect(await look(databaseCheck(ABSENT))).toMatchObject([{ state: 'note', found: 'none found' }]);
    const folder = testFolder();
    writeFileSync(join(folder, 'tinyfat.sqlite'), 'no database, but text of some length '.repeat(40));
    expect(await look(databaseCheck(recordsOf(folder)))).toMatchObject([
      { state: 'broken', found: expect.stringContaining('not a database') },
    ]);
  });

  it('of an older version is a note, and is not brought up to date', async () => {
    const folder = testFolder();
    await (await openSqlite(join(folder, 'tinyfat.sqlite'))).destroy();
    const older = new DatabaseSync(join(folder, 'tinyfat.sqlite'));
    older.exec('drop table provider_keys');
    older.close();
    const before = snapshot(folder);
    expect(await look(databaseCheck(recordsOf(folder)))).toMatchObject([
      { state: 'note', found: expect.stringContaining('older version') },
    ]);
    expect(snapshot(folder)).toEqual(before);
  });

  it('shows mail that waits after failed tries, with the newest reason', async () => {
    const sent = await openSentMail();
    onTestFinished(() => sent.close());
    await sent.mail('m');
    await sent.delivery('m', { state: 'pending', attempts: 0 });
    const records = recordsOf(sent.folder);
    expect(await look(databaseCheck(records))).toMatchObject([{ state: 'ok', found: '2 agents of 1 owner' }]);
    expect(await look(deliveriesCheck(records))).toMatchObject([{ state: 'ok' }]);
    const failing = { state: 'pending' as const, attempts: 2, provider: 'smtp' };
    const deferred = { ...failing, reason_code: 'delivery_deferred', reason: '450 try later' };
    await sent.delivery('m', deferred);
    expect(await look(deliveriesCheck(records))).toMatchObject([
      {
        state: 'note',
        found: '1 mail could not be sent by smtp and waits for another try; the last reason: 450 try later',
        run: 'tinyfat outbox list',
      },
    ]);
    await sent.delivery('m', { ...failing, reason_code: 'relay_login_refused', reason: 'Wrong login' });
    expect(await look(deliveriesCheck(records))).toMatchObject([
      {
        state: 'broken',
        found: expect.stringMatching(/^2 mails could not be sent by smtp and wait .* reason: Wrong login$/),
        mend: expect.stringContaining('user and password in SMTP_URL'),
      },
    ]);
  });
});
