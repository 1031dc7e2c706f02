import { describe, expect, it } from 'vitest';
import { startDnsStub } from '../test-support/dns-stub.ts';
import { multipartMessage } from '../test-support/files.ts';
import { message, strangeClient } from '../test-support/messages.ts';
import type { Task } from './tasks.ts';
import { startThread } from './thread.ts';

const load = { operation: 'load', part: 'read' } as const;
const read = () => ({
  operation: 'read' as const,
  raw: new Uint8Array(message(['From: ann@example.com'], 'Hi.')),
  plain: true,
});

/** Seconds of work for what looks into files, however fast the machine is: many times the deadline of the test. */
const slow = multipartMessage(
  'mixed',
  Array.from({ length: 1_900 }, () => ({
    headers: ['Content-Type: application/octet-stream; name=a.bin'],
    content: Buffer.from(`\x1a\x45\xdf\xa3\x4f\xff${'\xec\x80'.repeat(2_000)}`, 'latin1'),
  })),
);
/** Its lookups outlast every deadline of these tests. */
const inspectSlowly = (server: string): Task => ({
  operation: 'inspect',
  raw: new Uint8Array(message(['From: x@slow.test'])),
  request: {
    client: strangeClient,
    envelopeSender: 'x@slow.test',
    hostname: 'mx.test',
    dns: { servers: [server], budgetMs: 120_000, lookups: 100 },
    authservIds: [],
  },
});

describe('a thread', () => {
  it('that is ended while it starts or loads, ends and says so to its calls', async () => {
    const exit = Promise.withResolvers<void>();
    const thread = startThread(256, exit.resolve);
    const called = thread.run(load, 10_000);
    await thread.end();
    expect(await called).toMatchObject({ ok: false, code: 'not_begun' });
    expect(thread.calls()).toBe(null);
    await exit.promise;
  });

  it('does not charge a task for the time in which its libraries are loaded', async () => {
    const thread = startThread(256, () => undefined);
    // Loading alone takes many times as long as this deadline.
    const outcome = await thread.run(load, 1);
    expect(outcome).toMatchObject({ ok: true });
    expect(await thread.run(read(), 10_000)).toMatchObject({ ok: true });
    expect(thread.calls()).toBe(0);
    await thread.end();
  });

  it('tells a task that computes beyond its deadline from one that waits', async () => {
    const thread = startThread(256, () => undefined);
    await thread.run(load, 10_000);
    expect(await thread.run({ ...read(), raw: new Uint8Array(slow), plain: false }, 200)).toMatchObject({
      ok: false,
      code: 'processor',
      alone: true,
    });
    const dns = await startDnsStub({
      'slow.test': { fault: 'silence' },
      '_dmarc.slow.test': { fault: 'silence' },
    });
    const other = startThread(256, () => undefined);
    expect(await other.run(inspectSlowly(dns.address), 1000)).toMatchObject({
      ok: false,
      code: 'deadline',
      alone: true,
    });
    await dns.close();
  });

  it('that goes over its memory says so, and to a task in company that it had company', async () => {
    const dns = await startDnsStub({
      'slow.test': { fault: 'silence' },
      '_dmarc.slow.test': { fault: 'silence' },
    });
    const thread = startThread(22, () => undefined);
    await thread.run(load, 10_000);
    const waiting = thread.run(inspectSlowly(dns.address), 60_000);
    const large = message(
      ['From: ann@example.com', 'Content-Type: text/html'],
      '<b>x</b><br>\r\n'.repeat(70_000),
    );
    const call = thread.run({ ...read(), raw: new Uint8Array(large), plain: false }, 60_000);
    expect(await call).toMatchObject({ ok: false, code: 'memory', alone: false });
    expect(await waiting).toMatchObject({ ok: false, alone: false });
    await dns.close();
  });
});
