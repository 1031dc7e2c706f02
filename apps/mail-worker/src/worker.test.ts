/** The Worker of mail as it is deployed, called over a service binding. */
import { MAX_CLOUDFLARE_MESSAGE_BYTES } from '@tinyfat/core';
import { mailWorkers } from '@tinyfat/mail/node';
import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import type { DnsStubRecords } from '@tinyfat/testing/stand-ins/dns-stub';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signMail } from '../../../packages/mail/src/test-support/dkim-signature.ts';
import { hostileMail } from '../../../packages/mail/src/test-support/mail-fuzz.ts';
import { message, strangeClient, trustedClient } from '../../../packages/mail/src/test-support/messages.ts';
import { outgoing } from '../../../packages/mail/src/test-support/outgoing.ts';
import { realMails } from '../../../packages/mail/src/test-support/real-mails.ts';
import { type MailSystem, startMailSystem } from './test-support/mail-system.ts';
import { shown } from './test-support/shown.ts';

const mail = message(['From: Ann <ann@example.com>', 'To: bot@agents.test', 'Subject: x'], 'Do it.');
const domain = signingDomain('signed.test');
const records: Record<string, DnsStubRecords> = {
  ...domain.records,
  'example.com': { TXT: ['v=spf1 ip4:192.0.2.0/28 -all'] },
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.signed.test': { TXT: ['v=DMARC1; p=reject'] },
  'silent.test': { fault: 'silence' },
  '_dmarc.silent.test': { fault: 'silence' },
};
const elsewhere = { ...strangeClient, address: '198.51.100.1' };

let system: MailSystem;
/** Takes as long as the lookups of one mail may: it waits beside the others. */
let unanswered: Promise<unknown>;
beforeAll(async () => {
  system = await startMailSystem(records, { TRUSTED_AUTHSERV_IDS: 'MX.Provider.test' });
  const silent = message(['From: x@silent.test', 'Subject: x']);
  unanswered = system.inspect(silent, strangeClient, 'x@silent.test');
}, 120_000);
afterAll(() => system.close());

/** A mail of exactly so many bytes, nearly all of them an attachment. */
function mailOf(bytes: number): Buffer {
  const head = [
    'From: ann@example.com',
    'Subject: x',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
  ];
  const parts = [
    '--b\r\nContent-Type: text/plain\r\n\r\nDo it.',
    '--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n',
  ].join('\r\n');
  const line = `${'QUJD'.repeat(19)}\r\n`;
  const lines = Math.floor((bytes - 1_000) / line.length);
  const whole = message(head, `${parts}${line.repeat(lines)}--b--`);
  return Buffer.concat([whole, Buffer.alloc(bytes - whole.length, 'x')]);
}

describe('the Worker of mail', () => {
  it.each(['rsa', 'ed25519'] as const)('finds the author of a mail signed by %s', async (algorithm) => {
    const signed = await signMail(mail, 'example.com', algorithm);
    for (const [name, TXT] of Object.entries(signed.records)) records[name] = { TXT };
    expect(await system.inspect(signed.raw, elsewhere)).toMatchObject({
      ok: true,
      evidence: {
        source: 'verified',
        spf: { result: 'fail' },
        dkim: [{ result: 'pass', domain: 'example.com', aligned: true }],
        dmarc: { result: 'pass', policy: 'reject' },
      },
    });
    const changed = Buffer.from(Buffer.from(signed.raw).toString().replace('Do it.', 'Do all'));
    expect(await system.inspect(changed, elsewhere)).toMatchObject({
      ok: true,
      evidence: { dkim: [{ result: 'fail' }], dmarc: { result: 'fail' } },
    });
  });

  it('believes the servers that are named', async () => {
    const field = 'Authentication-Results: mx.provider.TEST; dmarc=pass header.from=example.com\r\n';
    const said = Buffer.concat([Buffer.from(field), mail]);
    expect(await system.inspect(said, trustedClient)).toMatchObject({
      evidence: { source: 'asserted', authserv: 'mx.provider.test' },
    });
  });

  it.each([
    ['xn--bcher-kva', true],
    ['xn--a', false],
    ['xn--0', false],
    ['xn--', false],
  ])('says itself whether %s is an A-label: %s', async (label, isOne) => {
    const host = `${label}.example.com`;
    records[host] = { TXT: ['v=spf1 +all'] };
    records[`_dmarc.${host}`] = { TXT: ['v=DMARC1; p=reject'] };
    const raw = message([`From: ann@${host}`, 'Subject: x']);
    const given = { client: strangeClient, envelopeSender: `ann@${host}` };
    expect(await system.call('author', raw, given)).toMatchObject({
      author: isOne,
      evidence: isOne
        ? { spf: { result: 'pass' }, dmarc: { result: 'pass' } }
        : { spf: null, dkim: [], dmarc: null },
      // The parser of this runtime takes them all.
      hostname: host,
    });
  });

  it('inspects and reads a mail of 10 MiB, and refuses one byte more with the reason', async () => {
    const largest = mailOf(MAX_CLOUDFLARE_MESSAGE_BYTES);
    expect(await system.inspect(largest, elsewhere)).toMatchObject({
      ok: true,
      evidence: { source: 'verified' },
    });
    expect(await system.call('read', largest)).toMatchObject({
      ok: true,
      content: { text: 'Do it.', attachments: [{ content: { bytes: expect.any(Number) } }] },
    });
    const larger = Buffer.concat([largest, Buffer.from('x')]);
    const refusal = {
      ok: false,
      code: 'too_large',
      reason: 'The message is too large: at most 10 MiB are taken, in the encoding of mail.',
    };
    expect(await system.inspect(larger, elsewhere)).toEqual(refusal);
    expect(await system.call('read', larger)).toEqual(refusal);
  });

  it('composes, and checks and records large files of an outbox', async () => {
    const attachments = [{ filename: 'a', content: 'QUJD'.repeat(1_000_000) }];
    const file = Buffer.from(JSON.stringify({ body: 'Hi', attachments }));
    expect(await system.call('compose', Buffer.of(), { mail: outgoing() })).toMatchObject({
      ok: true,
      raw: { bytes: expect.any(Number) },
    });
    expect(await system.call('checkOutbox', file)).toMatchObject({
      ok: true,
      mail: { body: 'Hi', attachments: [{ content: { bytes: 3_000_000 } }] },
    });
    const result = { state: 'failed', failedAt: 0, error: 'No.', delivery: 'd' };
    expect(await system.call('recordOutbox', file, { result })).toMatchObject({ whole: true });
  });

  it('answers no request, and asks nobody but the DNS', async () => {
    expect(await system.fetch('/')).toBe(404);
    const raw = message(
      ['From: ann@example.com', 'Content-Type: text/html'],
      '<img src="https://tracker.test/"><link rel=stylesheet href="https://tracker.test/">',
    );
    expect(await system.call('read', raw)).toMatchObject({ ok: true });
    expect(system.outside).toEqual([]);
  });

  it('says temperror where the DNS does not answer in time', async () => {
    expect(await unanswered).toMatchObject({
      ok: true,
      evidence: { spf: { result: 'temperror' }, dmarc: { result: 'temperror' } },
    });
  });
});

describe('a hostile mail', () => {
  const from = ['From: ann@example.com', 'Subject: x'];
  const bombs: [string, Buffer][] = [
    [
      'boundaries',
      message([...from, 'Content-Type: multipart/mixed; boundary=b'], '--b\r\n\r\n'.repeat(500_000)),
    ],
    ['blank lines', message(from, '\r\n'.repeat(2_000_000))],
    ['CRs in its header', message([...from, `To: ${'\r'.repeat(200_000)}`])],
    ['one long line', message(from, 'x'.repeat(9_000_000))],
    ['lines that begin attributions', message(from, `before\r\n${'Op schreef\r\n'.repeat(4_000)}\r\n> old`)],
  ];

  it.each(bombs)('of %s is dealt with, and those beside it and after it are served', async (_, bomb) => {
    const served = { ok: true, summary: { from: { ok: true, address: 'ann@example.com' } } };
    const [hostile, read, beside] = await Promise.all([
      system.inspect(bomb, strangeClient),
      system.call('read', bomb),
      system.inspect(mail, strangeClient),
    ]);
    for (const outcome of [hostile, read]) expect(outcome).toMatchObject({ ok: expect.any(Boolean) });
    expect(beside).toMatchObject(served);
    expect(await system.inspect(mail, strangeClient)).toMatchObject(served);
  });
});

it('sees in a mail what the threads of a server see in it', fuzzTimeout(12, 1_000), async () => {
  const threads = mailWorkers({
    threads: 1,
    dns: { servers: [system.dns.address] },
    hostname: 'agents.test',
    authservIds: ['mx.provider.test'],
  });
  try {
    const signed = await Promise.all(realMails.map((raw) => domain.sign(raw)));
    const sameOrigin = async (raw: Uint8Array) => {
      for (const client of [strangeClient, trustedClient]) {
        const here = await threads.inspect(raw, client, 'ann@example.com');
        expect(await system.inspect(raw, client)).toEqual(shown(here));
      }
    };
    const same = async (raw: Uint8Array) => {
      await sameOrigin(raw);
      expect(await system.call('read', raw)).toEqual(shown(await threads.read(raw)));
      expect(await system.call('readReport', raw)).toEqual(shown(await threads.readReport(raw)));
      expect(await system.call('readComposed', raw)).toEqual(shown(await threads.readComposed(raw)));
      expect(await system.call('view', raw)).toEqual(shown(await threads.view(raw)));
      expect(await system.call('viewHtml', raw)).toEqual(shown(await threads.viewHtml(raw)));
      expect(await system.call('viewPart', raw, { number: 1 })).toEqual(
        shown(await threads.viewPart(raw, 1)),
      );
    };
    for (const raw of realMails) await same(raw);
    // What a signature changes is where the mail is seen to come from.
    for (const raw of signed) await sameOrigin(raw);
    await fc.assert(fc.asyncProperty(hostileMail(signed), same), fuzzRuns(12));
  } finally {
    await threads.close();
  }
});
