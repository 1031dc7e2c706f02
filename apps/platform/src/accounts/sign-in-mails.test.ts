import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MailTransport, SendOutcome } from '@tinyfat/core';
import { type Database, putSignInRequest, type SignInMailState } from '@tinyfat/database';
import type { WorkLoop } from '@tinyfat/jobs';
import { mailWorkers } from '@tinyfat/mail/node';
import { signInKey } from '@tinyfat/platform/accounts';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { refuseUpdates } from '@tinyfat/testing/refused-writes';
import { farWorker } from '@tinyfat/testing/workers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SignInMail, startSignInMails } from './sign-in-mails.ts';

const ANN = 'ann@example.com';
const TEN_MINUTES = 600_000;

describe('mails that sign people in', () => {
  const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'agents.test', authservIds: [] });
  const key = signInKey(new Uint8Array(randomBytes(32)));
  let folder: string;
  let db: Database;
  let loop: WorkLoop | null;
  let log: string[];
  let shown: SignInMail[];
  /** What was handed over: key, envelope, text. */
  let sent: { idempotencyKey: string; recipients: string[]; raw: string }[];
  let answers: SendOutcome[];
  let onSend: () => Promise<void>;

  afterAll(() => workers.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-sign-in-mails-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    loop = null;
    log = [];
    shown = [];
    sent = [];
    answers = [];
    onSend = async () => {};
  });
  afterEach(async () => {
    await loop?.stop(0);
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const transport = (idempotent: boolean): MailTransport => ({
    name: 'stand-in',
    idempotent,
    async send({ recipients }, raw, idempotencyKey) {
      sent.push({ idempotencyKey, recipients, raw: new TextDecoder().decode(raw) });
      await onSend();
      return answers.shift() ?? { state: 'sent', providerId: null, recipientsRefused: [] };
    },
    close: async () => {},
  });
  const start = async (idempotent = false) => {
    const line = (event: string, fields: object = {}) => void log.push(`${event} ${JSON.stringify(fields)}`);
    loop = startSignInMails({
      db,
      key,
      workers,
      transport: transport(idempotent),
      clock: Date.now,
      worker: farWorker(),
      leaseMs: 30_000,
      random: () => 0.5,
      logger: { debug: line, info: line, warn: line, error: line },
      publicUrl: new URL('https://agents.example'),
      mailDomain: 'agents.example',
      retryBaseMs: 10,
      onSent: (mail) => shown.push(mail),
    });
  };
  const put = async (change: { mail_state?: SignInMailState; lives?: number } = {}) => {
    const now = Date.now();
    await putSignInRequest(db, {
      address: ANN,
      id: 'request-1',
      link_sha256: 'a',
      browser_sha256: 'b',
      tries: 0,
      mail_state: change.mail_state ?? 'pending',
      mail_attempts: 0,
      mail_next_at: now,
      created_at: now,
      expires_at: now + (change.lives ?? TEN_MINUTES),
    });
    loop?.wake();
  };
  const state = async () =>
    (await db.selectFrom('sign_in_requests').select('mail_state').executeTakeFirst())?.mail_state;
  const until = (want: SignInMailState) => expect.poll(state, { timeout: 10_000 }).toBe(want);

  it('carry the link, the code, and that a machine wrote them', async () => {
    await start();
    await put();
    await until('sent');
    const [mail] = sent;
    expect(mail?.recipients).toEqual([ANN]);
    const text = mail?.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    expect(text).toContain(
      `https://agents.example/sign-in/confirm?token=${await key.linkToken('request-1')}`,
    );
    expect(text).toContain(await key.code('request-1'));
    expect(text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(text).toMatch(/^From: tinyfat <noreply@agents.example>\r$/m);
    expect(shown).toEqual([expect.objectContaining({ address: ANN, code: await key.code('request-1') })]);
  });

  it('go to nobody whose request says so', async () => {
    await start();
    await put({ mail_state: 'none' });
    await db
      .insertInto('sign_in_requests')
      .values({
        address: 'bob@example.com',
        id: 'request-2',
        link_sha256: 'c',
        browser_sha256: 'd',
        tries: 0,
        mail_state: 'pending',
        mail_attempts: 0,
        mail_next_at: 0,
        created_at: 0,
        expires_at: Date.now() + 60_000,
      })
      .execute();
    loop?.wake();
    await expect.poll(() => shown.length).toBe(1);
    expect(sent.map((one) => one.recipients)).toEqual([['bob@example.com']]);
  });

  it('are tried again, the same, after temporary trouble, and no address is logged', async () => {
    await start();
    answers = [
      { state: 'temporary', reason: `429 for ${ANN}`, retryAfterMs: 30 },
      { state: 'temporary', reason: 'busy' },
    ];
    await put();
    await until('sent');
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((one) => one.raw)).size).toBe(1);
    expect(new Set(sent.map((one) => one.idempotencyKey))).toEqual(new Set(['sign-in-request-1']));
    expect(log.join('\n')).toContain('429 for (the address)');
    expect(log.join('\n')).not.toContain(ANN);
    expect(log.join('\n')).not.toContain(await key.linkToken('request-1'));
  });

  it('are given up where the next try would come too late', async () => {
    await start();
    answers = [{ state: 'temporary', reason: 'full', retryAfterMs: TEN_MINUTES }];
    await put();
    await until('failed');
    expect(sent).toHaveLength(1);
  });

  it('are not sent twice where nobody knows whether the first was taken', async () => {
    await start();
    answers = [{ state: 'unknown', reason: 'cut off' }];
    await put();
    await until('failed');
    expect(sent).toHaveLength(1);
  });

  it('are sent again where the provider folds repeats', async () => {
    await start(true);
    answers = [{ state: 'unknown', reason: 'cut off' }];
    await put();
    await until('sent');
    expect(sent).toHaveLength(2);
  });

  it('are sent once where the database did not take at once that they went out', async () => {
    const refused = await refuseUpdates(db, 'sign_in_requests', `new.mail_state = 'sent'`);
    await start();
    await put();
    const failed = () => log.filter((line) => line.startsWith('not_written'));
    await expect.poll(() => failed().length, { timeout: 10_000 }).toBeGreaterThan(1);
    for (const line of failed()) expect(line).toMatch(refused.reason);
    expect(failed().join()).not.toContain(ANN);
    await refused.allow();
    await until('sent');
    expect(sent).toHaveLength(1);
  });

  it.each([
    [false, 'failed', 0],
    [true, 'sent', 1],
  ] as const)('after a crash in the middle, folding %s: %s', async (idempotent, end, tries) => {
    await put({ mail_state: 'sending' });
    await start(idempotent);
    await until(end);
    expect(sent).toHaveLength(tries);
  });

  it('write nothing into a request that took the place of theirs', async () => {
    await start();
    onSend = async () => {
      onSend = async () => {};
      await db.deleteFrom('sign_in_requests').execute();
      await put({ mail_state: 'none' });
      await db.updateTable('sign_in_requests').set({ id: 'request-9' }).execute();
    };
    await put();
    await expect.poll(() => log.some((line) => line.startsWith('sign_in_mail '))).toBe(true);
    expect(await state()).toBe('none');
  });
});
