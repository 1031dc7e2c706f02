import { setTimeout } from 'node:timers/promises';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../../contract/mail.ts';
import { message, strangeClient, trustedClient } from '../../test-support/messages.ts';
import { outgoing } from '../../test-support/outgoing.ts';
import { type MailWorkersOptions, mailWorkers } from './mail-workers.ts';

const raw = message(['From: ann@example.com', 'Subject: x', 'Message-ID: <a@b>'], 'Do it.');
/** Made to cost: each line may begin an attribution, and each may be where it ends. */
const slow = message(
  ['From: ann@example.com', 'Subject: x'],
  `before\r\n${'Op schreef\r\n'.repeat(4_000)}\r\n> old`,
);

describe('mailWorkers', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  function start(options: Partial<MailWorkersOptions> = {}): MailWorkers {
    const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.agents.test', ...options });
    open.push(workers);
    return workers;
  }

  /** Of the usual options, for tests that leave them as they are. */
  let usual: MailWorkers;
  beforeAll(() => {
    usual = mailWorkers({ threads: 2, dns: { servers: [] }, hostname: 'mx.agents.test' });
  });
  afterAll(() => usual.close());

  it('inspects, reads and composes in threads', async () => {
    expect(await usual.inspect(raw, trustedClient, 'ann@example.com')).toMatchObject({
      ok: true,
      summary: { from: { ok: true, address: 'ann@example.com' }, messageId: '<a@b>' },
      evidence: { source: 'trusted_client' },
    });
    expect(await usual.read(raw)).toMatchObject({
      ok: true,
      content: { text: 'Do it.', quoted: '', attachments: [] },
    });
    const composed = await usual.compose(outgoing());
    expect(composed.ok && Buffer.from(composed.raw).toString()).toContain(
      'Message-ID: <answer-1@agents.test>',
    );
  });

  it('authenticates with the given DNS', async () => {
    const domain = signingDomain('example.com');
    const dns = await startDnsStub({
      ...domain.records,
      '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
    });
    open.push(dns);
    const workers = start({ dns: { servers: [dns.address] } });
    expect(await workers.inspect(await domain.sign(raw), strangeClient, 'ann@example.com')).toMatchObject({
      ok: true,
      evidence: { dmarc: { result: 'pass' } },
    });
  });

  it('takes the word of the servers that are named, in any case', async () => {
    const dns = await startDnsStub({});
    open.push(dns);
    const workers = start({ dns: { servers: [dns.address] }, authservIds: ['MX.Provider.test'] });
    const field = 'Authentication-Results: mx.provider.TEST; dmarc=pass header.from=example.com\r\n';
    const said = Buffer.concat([Buffer.from(field), raw]);
    expect(await workers.inspect(said, trustedClient, 'ann@example.com')).toMatchObject({
      ok: true,
      evidence: { source: 'asserted', authserv: 'mx.provider.test' },
    });
  });

  it('says temperror, and not deadline, when no DNS server answers', async () => {
    const dns = await startDnsStub({
      'example.com': { fault: 'silence' },
      '_dmarc.example.com': { fault: 'silence' },
    });
    open.push(dns);
    const workers = start({ dns: { servers: [dns.address] }, limits: { dnsMs: 500 } });
    expect(await workers.inspect(raw, strangeClient, 'ann@example.com')).toMatchObject({
      ok: true,
      evidence: { spf: { result: 'temperror' }, dmarc: { result: 'temperror' } },
    });
  });

  it('holds up nobody for domains whose DNS never answers', async () => {
    const records: Record<string, DnsStubRecords> = {
      'silent.test': { fault: 'silence' },
      '_dmarc.silent.test': { fault: 'silence' },
    };
    const dns = await startDnsStub(records);
    open.push(dns);
    const workers = start({ dns: { servers: [dns.address] }, limits: { dnsMs: 5000 } });
    const from = (domain: string) => message([`From: x@${domain}`, 'Subject: x']);
    let waiting = 30;
    const silent = Array.from({ length: waiting }, async () => {
      await workers.inspect(from('silent.test'), strangeClient, 'x@silent.test');
      waiting -= 1;
    });
    const good = await workers.inspect(from('example.com'), strangeClient, 'x@example.com');
    expect(good).toMatchObject({ ok: true, evidence: { dmarc: { result: 'none' } } });
    expect(waiting).toBe(30);
    // The second try of each lookup is answered.
    for (const name of Object.keys(records)) delete records[name];
    await Promise.all(silent);
  });

  it('inspects a mail again, alone, when a neighbour took its thread down', async () => {
    const records: Record<string, DnsStubRecords> = {};
    for (const name of ['slow.test', '_dmarc.slow.test', 'late.test', '_dmarc.late.test'])
      records[name] = { fault: 'silence' };
    const dns = await startDnsStub(records);
    open.push(dns);
    // The lookups of one mail outlast the deadline of its call, so its thread is ended under the others.
    const limits = { inspectMs: 2_000, dnsMs: 60_000 };
    const workers = start({ dns: { servers: [dns.address] }, limits });
    const inspect = (domain: string) =>
      workers.inspect(message([`From: x@${domain}`, 'Subject: x']), strangeClient, `x@${domain}`);
    const asked = async (count: number, domain: string) => {
      const names = () => dns.asked.filter((question) => question === `TXT ${domain}`);
      while (names().length < count) await setTimeout(5);
    };
    let ended = false;
    const doomed = inspect('slow.test').finally(() => {
      ended = true;
    });
    await asked(1, 'slow.test');
    const neighbours = Array.from({ length: 20 }, () => inspect('late.test'));
    const later = Array.from({ length: 2 }, async () => {
      let fine = true;
      for (; !ended; await setTimeout(20)) fine &&= (await inspect('example.com')).ok;
      return fine;
    });
    // All of them are under way: they are answered once they are asked again.
    await asked(neighbours.length, 'late.test');
    delete records['late.test'];
    delete records['_dmarc.late.test'];
    expect(await doomed).toMatchObject({ ok: false, code: 'deadline' });
    expect((await Promise.all(neighbours)).every(({ ok }) => ok)).toBe(true);
    expect((await Promise.all(later)).every(Boolean)).toBe(true);
    expect(dns.asked.filter((question) => question === 'TXT late.test')).toHaveLength(40);
  });

  it('leaves the caller’s bytes alone, also when they are a view of a larger buffer', async () => {
    const large = Buffer.concat([Buffer.from('SECRET'), raw, Buffer.from('SECRET')]);
    const view = large.subarray(6, 6 + raw.length);
    const before = Buffer.from(large);
    expect(await usual.read(view)).toMatchObject({ ok: true, content: { text: 'Do it.' } });
    expect(large.equals(before)).toBe(true);
  });

  it('reads what was made to cost, whole', async () => {
    const read = await usual.read(slow);
    expect(read).toMatchObject({ ok: true, content: { quoted: '', forwarded: '' } });
    expect(read.ok && read.content.text).toMatch(/^before\n(Op schreef\n)+\n> old$/);
  });

  it('gives up with the code of the deadline when even that is too slow, and goes on', async () => {
    // Memory for so long a mail, however late the main thread is with its clock.
    const workers = start({ limits: { readMs: 1, composeMs: 1, memoryMb: 4096 } });
    const long = message(['From: ann@example.com', 'Subject: x'], 'Do it.\r\n'.repeat(1_000_000));
    expect(await workers.read(long)).toMatchObject({ ok: false, code: 'deadline' });
    expect(await workers.compose(outgoing({ body: '*x* '.repeat(50_000) }))).toMatchObject({ ok: false });
    expect(await workers.inspect(raw, trustedClient, 'ann@example.com')).toMatchObject({ ok: true });
  });

  it('does not charge a mail for the time that others took before it', async () => {
    const workers = start({ limits: { readMs: 2000 } });
    const outcomes = await Promise.all([workers.read(slow), workers.read(slow), workers.read(raw)]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, true]);
    expect(outcomes[2]).toMatchObject({ content: { text: 'Do it.' } });
  });

  it('shows a mail to people in threads of their own, and ends what takes too long', async () => {
    const html = message(['Subject: x', 'Content-Type: text/html'], '<p>Hi<script>x</script>');
    expect(await usual.view(html)).toMatchObject({ ok: true, answer: { text: 'Hi' } });
    expect(await usual.viewHtml(html)).toMatchObject({ ok: true, answer: { own: true } });
    expect(await usual.viewPart(html, 2)).toMatchObject({ ok: false, code: 'no_such_part' });
    const workers = start({ limits: { viewMs: 1, memoryMb: 4096 } });
    const long = message(['Content-Type: text/html'], '<p>Do it.\r\n'.repeat(1_000_000));
    expect(await workers.viewHtml(long)).toMatchObject({ ok: false, code: 'deadline' });
    expect(await workers.read(raw)).toMatchObject({ ok: true });
  });

  it('answers a hundred calls at once', async () => {
    const calls = Array.from({ length: 100 }, () => usual.inspect(raw, trustedClient, 'ann@example.com'));
    expect((await Promise.all(calls)).every((outcome) => outcome.ok)).toBe(true);
  });

  it('finishes open calls before it closes, and refuses later ones', async () => {
    const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.test' });
    const calls = Array.from({ length: 5 }, () => workers.read(raw));
    await workers.close();
    expect((await Promise.all(calls)).map((outcome) => outcome.ok)).toEqual([true, true, true, true, true]);
    expect(await workers.read(raw)).toMatchObject({ ok: false });
  });

  it('throws at once on a DNS server that is no address', () => {
    expect(() => start({ dns: { servers: ['dns.example.com'] } })).toThrow();
  });
});
