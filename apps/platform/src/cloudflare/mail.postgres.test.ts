/** Mail of the platform's Worker as it is deployed: in by Email Routing, and the mails that sign people in. */
import { insertAgent } from '@tinyfat/database';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import type { DnsStubRecords } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DOMAIN, PUBLIC_URL, type RunningPlatform, startPlatform } from './test-support/running-platform.ts';

const ANN = 'ann@example.com';
const SCOUT = `scout@${DOMAIN}`;
const domain = signingDomain('example.com');
const records: Record<string, DnsStubRecords> = {
  ...domain.records,
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.trouble.example': { fault: 'SERVFAIL' },
  'trouble.example': { fault: 'SERVFAIL' },
};

let platform: RunningPlatform;
beforeAll(async () => {
  platform = await startPlatform('mail', records);
  await insertAgent(platform.db, { id: 'scout', name: 'scout', owner: ANN, created_at: 1 }, [ANN]);
}, 120_000);
afterAll(() => platform?.close());

describe('mail by Email Routing', () => {
  let count = 0;
  beforeEach(() => void platform.woken.splice(0));
  const message = (from = ANN, body = 'Hello', id = `<${++count}@example.com>`) =>
    new TextEncoder().encode(
      [
        `From: Ann <${from}>`,
        `To: ${SCOUT}`,
        'Subject: Question',
        `Message-ID: ${id}`,
        `Date: ${new Date().toUTCString()}`,
        '',
        body,
        '',
      ].join('\r\n'),
    );
  const rows = async () =>
    await platform.db
      .selectFrom('mails')
      .select(['via', 'verdict', 'reason_code', 'sender', 'raw_key', 'raw_bytes', 'envelope_sender'])
      .orderBy('received_at')
      .execute();

  it('is accepted once it is durable, by its signature alone, and wakes the consumer', async () => {
    const raw = await domain.sign(message());
    expect(await platform.email({ from: ANN, to: SCOUT, raw })).toMatchObject({ outcome: 'ok' });
    const [row] = await rows();
    expect(row).toMatchObject({
      via: 'email-routing',
      verdict: 'accepted',
      sender: ANN,
      envelope_sender: ANN,
    });
    const [stored] = await platform.keys('raw-mail/');
    expect(stored).toContain(row?.raw_key);
    expect(await platform.object(stored ?? '')).toBe(raw.toString());
    await expect.poll(() => platform.woken).toEqual(['jobs']);
  });

  it('is the same mail when it comes again, and has no second job', async () => {
    const raw = await domain.sign(message(ANN, 'Twice', '<twice@example.com>'));
    await platform.email({ from: ANN, to: SCOUT, raw });
    expect(await platform.email({ from: ANN, to: SCOUT, raw })).toMatchObject({ outcome: 'ok' });
    expect((await rows()).slice(-2).map(({ verdict }) => verdict)).toEqual(['accepted', 'duplicate']);
    const jobs = await platform.db.selectFrom('jobs').select('id').execute();
    expect(jobs).toHaveLength(2);
  });

  it('is refused for good where nothing proves its author, whatever it says of itself', async () => {
    const forged = [
      'Authentication-Results: mx.example.net; dmarc=pass header.from=example.com',
      'Received-SPF: pass',
      '',
    ].join('\r\n');
    const raw = Buffer.concat([Buffer.from(forged), message()]);
    const outcome = await platform.email({ from: ANN, to: SCOUT, raw });
    expect(outcome).toMatchObject({ outcome: 'ok', rejectReason: expect.stringContaining('DMARC failed') });
    expect((await rows()).at(-1)).toMatchObject({ verdict: 'refused', reason_code: 'dmarc_failed' });
    expect(platform.woken).toEqual([]);
  });

  it('is refused for good where the address is nobody’s, without a row', async () => {
    const before = await rows();
    const raw = await domain.sign(message());
    const outcome = await platform.email({ from: ANN, to: `clerk@${DOMAIN}`, raw });
    expect(outcome.rejectReason).toBe('No such recipient');
    expect((await platform.email({ from: ANN, to: 'scout@elsewhere.example', raw })).rejectReason).toContain(
      'not taken here',
    );
    expect(await rows()).toEqual(before);
  });

  it('is refused for good with its reason where it is too large, and only its beginning is stored', async () => {
    const raw = message(ANN, 'x'.repeat(76).concat('\r\n').repeat(140_000));
    expect(raw.length).toBeGreaterThan(10 * 1024 * 1024);
    const outcome = await platform.email({ from: ANN, to: SCOUT, raw });
    expect(outcome.rejectReason).toContain('at most 10 MiB are taken');
    const row = (await rows()).at(-1);
    expect(row).toMatchObject({ verdict: 'refused', reason_code: 'too_large', raw_bytes: raw.length });
    const key = (await platform.keys('raw-mail/')).find((one) => one.includes(row?.raw_key ?? ' '));
    expect((await platform.object(key ?? ''))?.length).toBe(64 * 1024);
  });

  it('comes again where its sender can not be checked now, and nothing of it is stored', async () => {
    const [before, keys] = [await rows(), await platform.keys('raw-mail/')];
    const from = 'bob@trouble.example';
    const outcome = await platform.email({ from, to: SCOUT, raw: message(from) });
    expect(outcome.outcome).toBe('exception');
    expect(outcome.rejectReason).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect(await platform.keys('raw-mail/')).toEqual(keys);
  });
});

describe('signing in', () => {
  const origin = { origin: PUBLIC_URL, accept: 'text/html' };
  const form = async (path: string, fields: Record<string, string>, cookie = '') =>
    await platform.fetch(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { ...origin, cookie },
    });
  const cookieOf = (answer: Response) =>
    answer.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
  /** The mail that is sent once the answer is. */
  const ask = async () => {
    const before = platform.resend.sent.length;
    const asked = await form('/sign-in', { address: ANN });
    expect(asked.status).toBe(303);
    await expect.poll(() => platform.resend.sent.length).toBe(before + 1);
    return { cookie: cookieOf(asked), text: platform.resend.sent.at(-1)?.email.text ?? '' };
  };
  const whoSees = async (cookie: string) =>
    await (await platform.fetch('/', { headers: { accept: 'text/html', cookie } })).text();

  it('by the link in the mail', async () => {
    const { text } = await ask();
    const [, token = ''] = /confirm\?token=([\w-]{43})/.exec(text) ?? [];
    const page = await platform.fetch(`/sign-in/confirm?token=${token}`, {
      headers: { accept: 'text/html' },
    });
    expect(page.status).toBe(200);
    const entered = await form('/sign-in/confirm', { token });
    expect(entered.status).toBe(303);
    expect(await whoSees(cookieOf(entered))).toContain(SCOUT);
    expect(await whoSees('')).not.toContain(SCOUT);
    // It works once.
    expect((await form('/sign-in/confirm', { token })).status).toBe(410);
  });

  it('by the code, in the browser that asked, and out again', async () => {
    const { text, cookie } = await ask();
    const [code = ''] = /\b\d{6}\b/.exec(text.replace(/\d{4}-\d\d-\d\d/g, '')) ?? [];
    expect((await form('/sign-in/code', { code })).status).toBe(410);
    const entered = await form('/sign-in/code', { code }, cookie);
    expect(entered.status).toBe(303);
    const session = cookieOf(entered);
    expect(await whoSees(session)).toContain(SCOUT);
    await form('/sign-out', {}, session);
    expect(await whoSees(session)).not.toContain(SCOUT);
  });

  it('has a mail that could not be sent at once sent by the sweep', async () => {
    platform.resend.fail({ kind: 'reset', taken: false });
    const before = platform.resend.sent.length;
    await form('/sign-in', { address: ANN });
    const mail = () =>
      platform.db
        .selectFrom('sign_in_requests')
        .select(['mail_state', 'mail_attempts'])
        .where('address', '=', ANN)
        .executeTakeFirst();
    await expect.poll(mail).toEqual({ mail_state: 'pending', mail_attempts: 1 });
    expect(platform.resend.sent.length).toBe(before);
    await platform.db
      .updateTable('sign_in_requests')
      .set({ mail_next_at: Date.now() })
      .where('address', '=', ANN)
      .execute();
    await platform.sweep();
    await expect.poll(() => platform.resend.sent.length).toBe(before + 1);
  });
});
