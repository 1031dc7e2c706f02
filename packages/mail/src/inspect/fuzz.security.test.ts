/** Any bytes at all: each call gives one outcome of its shape, in time, and what is beside it and after it too. */
import type { Inspection } from '@tinyfat/core';
import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../contract/mail.ts';
import { mailWorkers } from '../node/threads/mail-workers.ts';
import { hostileMail } from '../test-support/mail-fuzz.ts';
import { checkInspection, checkReadMail, checkReport } from '../test-support/mail-outcomes.ts';
import { message, strangeClient, trustedClient } from '../test-support/messages.ts';
import { realMails } from '../test-support/real-mails.ts';

const fewRuns = 40;
const threads = 2;
const limits = { inspectMs: 2_000, readMs: 2_000, dnsMs: 1_000, memoryMb: 192 };
/** Two attempts, and the start of a new thread for each. */
const longestMs = 2 * limits.readMs + 3_000;

describe('fuzzing inspect and read', () => {
  const domain = signingDomain('example.com');
  const open: { close(): Promise<void> }[] = [];
  const signed: Buffer[] = [];
  let workers: MailWorkers;

  beforeAll(async () => {
    const dns = await startDnsStub({
      ...domain.records,
      'example.com': { TXT: ['v=spf1 ip4:192.0.2.0/28 include:%{l}.example.com -all'] },
      '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; adkim=s'] },
    });
    open.push(dns);
    workers = mailWorkers({ threads, dns: { servers: [dns.address] }, hostname: 'mx.agents.test', limits });
    open.push(workers);
    for (const mail of realMails) signed.push(await domain.sign(mail));
  });
  afterAll(async () => {
    for (const one of open.reverse()) await one.close();
  });

  /** Rejects with the bytes when something about the outcome is wrong. */
  async function examine(raw: Buffer, envelopeSender: string): Promise<void> {
    try {
      const before = Buffer.from(raw);
      const inspections: Inspection[] = [];
      for (const client of [trustedClient, strangeClient]) {
        const inspection = await inTime(workers.inspect(raw, client, envelopeSender));
        checkInspection(inspection);
        inspections.push(inspection);
      }
      const read = await inTime(workers.read(raw));
      checkReadMail(read, raw.length);
      // What the door takes can be read; on a busy machine it may take too long.
      if (inspections.some(({ ok }) => ok) && !read.ok) expect(read.code).toBe('deadline');
      checkReport(await inTime(workers.readReport(raw)));
      expect(raw.equals(before)).toBe(true);
    } catch (error) {
      const shown = `Envelope sender ${JSON.stringify(envelopeSender)}, message in base64: ${raw.toString('base64')}`;
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${shown}`, {
        cause: error,
      });
    }
  }
  /** Polled, because a thread that was ended may still be on its way back on a busy machine. */
  async function goodMailIsRead(): Promise<void> {
    const mail = signed[0] ?? Buffer.of();
    await expect
      .poll(() => workers.inspect(mail, strangeClient, 'ann@example.com'), { timeout: 15_000 })
      .toMatchObject({
        ok: true,
        summary: {
          from: { ok: true, address: 'ann@example.com', name: 'Ann Lee' },
          messageId: '<question-1@example.com>',
        },
        evidence: { source: 'verified', dmarc: { result: 'pass' } },
      });
    await expect
      .poll(() => workers.read(message(['From: ann@example.com'], 'Do it.')), { timeout: 15_000 })
      .toMatchObject({ ok: true, content: { text: 'Do it.', attachments: [] } });
  }

  it('each message has one outcome of its shape in time', fuzzTimeout(fewRuns, 2_000), async () => {
    const sender = fc.oneof(fc.constantFrom('', 'ann@example.com'), fc.string({ maxLength: 60 }));
    const group = fc.array(fc.tuple(hostileMail(signed), sender), { minLength: threads, maxLength: threads });
    await fc.assert(
      fc.asyncProperty(group, async (mails) => {
        const [beside] = await Promise.all([
          workers.inspect(signed[0] ?? Buffer.of(), strangeClient, 'ann@example.com'),
          ...mails.map(([raw, envelopeSender]) => examine(raw, envelopeSender)),
        ]);
        // On a busy machine it may be late, but nothing that its neighbours are.
        if (!beside.ok) expect(beside.code).toBe('deadline');
      }),
      fuzzRuns(fewRuns),
    );
    await goodMailIsRead();
  });
});

/** What the call gave; rejects when it takes longer than its deadlines allow. */
async function inTime<T>(call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No outcome in ${longestMs} ms`)), longestMs);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
