/** Mail by Email Routing that is not what it says, or too much at once. */
import { byteBudget, MAX_CLOUDFLARE_MESSAGE_BYTES } from '@tinyfat/core';
import type { IntakeDeps } from '@tinyfat/intake';
import { mailQueue } from '@tinyfat/intake';
import { jobQueue } from '@tinyfat/jobs';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmailDeferred, type RoutedEmail, takeEmail } from './take-email.ts';

let sent: SentMail;
let stored: Map<string, Uint8Array>;
let intake: IntakeDeps;
beforeEach(async () => {
  sent = await openSentMail();
  stored = new Map();
  let made = 0;
  const { db } = sent;
  const runtime = { db, clock: Date.now, makeId: () => `made-${++made}` };
  const jobs = jobQueue({ ...runtime, leaseMs: 1000, maxAttempts: 3, worker: farWorker(), atOnce: 1 });
  const limits = { senderHour: 9, senderDay: 9, agentHour: 9, agentDay: 9, waiting: 9 };
  const quiet = () => {};
  intake = {
    ...runtime,
    mails: mailQueue({ ...runtime, jobs, limits, ownerNoticeDelayMs: 0 }),
    rawMail: {
      put: async (key: string, bytes: Uint8Array) => void stored.set(key, bytes),
      remove: async (key: string) => void stored.delete(key),
    } as unknown as IntakeDeps['rawMail'],
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    recorder: { mail: quiet },
    wakeUp: { wake: quiet },
    mailDomain: 'agents.test',
    inspect: async () => ({ ok: false, code: 'unreadable', reason: 'It was looked at.' }),
    readReport: async () => null,
  };
});
afterEach(() => sent.close());

const MEGABYTE = new Uint8Array(1024 * 1024).fill(120);

/** A mail that says of itself how large it is, and brings so many megabytes. */
function email(rawSize: number, megabytes: number) {
  const seen = { read: 0, cancelled: false, rejected: null as string | null };
  const message: RoutedEmail = {
    from: 'ann@example.com',
    to: 'scout@agents.test',
    rawSize,
    raw: new ReadableStream({
      pull(controller) {
        if (seen.read === megabytes) return controller.close();
        seen.read += 1;
        controller.enqueue(MEGABYTE);
      },
      cancel() {
        seen.cancelled = true;
      },
    }),
    setReject(reason) {
      seen.rejected = reason;
    },
  };
  return { message, seen };
}

describe('a mail by Email Routing', () => {
  it('that is larger than it says is read up to the limit, and never taken for the whole mail', async () => {
    const { message, seen } = email(100, 500);
    await takeEmail(intake, message, byteBudget(Number.POSITIVE_INFINITY).open());
    expect(seen).toMatchObject({ cancelled: true, rejected: expect.stringContaining('too large') });
    expect(seen.read).toBeLessThan(14);
    const row = await sent.db.selectFrom('mails').select(['reason_code', 'raw_bytes']).executeTakeFirst();
    expect(row?.reason_code).toBe('too_large');
    expect([...stored.values()].map(({ length }) => length)).toEqual([64 * 1024]);
  });

  it('that says that it is too large is not read to its end', async () => {
    const { message, seen } = email(MAX_CLOUDFLARE_MESSAGE_BYTES + 1, 500);
    await takeEmail(intake, message, byteBudget(Number.POSITIVE_INFINITY).open());
    expect(seen).toMatchObject({ cancelled: true, rejected: expect.stringContaining('at most 10 MiB') });
    expect(seen.read).toBeLessThan(4);
  });

  it('comes again where the isolate holds as much as it can, and is not read', async () => {
    const { message, seen } = email(2 * MEGABYTE.length, 2);
    await expect(takeEmail(intake, message, byteBudget(MEGABYTE.length).open())).rejects.toThrow(
      EmailDeferred,
    );
    expect(seen).toMatchObject({ rejected: null });
    expect(await sent.db.selectFrom('mails').selectAll().execute()).toEqual([]);
  });

  it('comes again where it can not be stored', async () => {
    intake.rawMail.put = async () => {
      throw new Error('the bucket is gone');
    };
    const { message, seen } = email(MEGABYTE.length, 1);
    await expect(takeEmail(intake, message, byteBudget(9e9).open())).rejects.toThrow('the bucket is gone');
    expect(seen.rejected).toBeNull();
    expect(await sent.db.selectFrom('mails').selectAll().execute()).toEqual([]);
  });
});
