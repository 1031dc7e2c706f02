import { afterEach, describe, expect, it } from 'vitest';
import { accepted, smtpHarness } from '../../test-support/smtp-harness.ts';
import type { SmtpAnswer } from './contract.ts';

describe('limits of smtpListener', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  it('refuses a declared size beyond the limit at MAIL', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    expect(await client.command('MAIL FROM:<ann@example.com> SIZE=10001')).toBe(
      '552 5.3.4 The message is too large: at most 25 MiB are taken, which are up to 36 MiB in the encoding of mail',
    );
  });

  it('refuses a size beyond the limit at the end of DATA, and goes on with the next mail', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(101));
    client.write('.\r\n');
    expect(await client.reply()).toBe('552 5.3.4 Over the limit');
    expect(taken).toEqual([]);
    await toData(client);
    client.write('small\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250/);
  });

  it('hangs up on a client that keeps sending far beyond the limit', async () => {
    const { listener, taken, problems } = await listen();
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(400));
    await client.closed;
    expect(taken).toEqual([]);
    expect(problems).toContain('smtp.flood');
  });

  it('answers 452 to one recipient too many', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (const name of ['a', 'b', 'c']) await client.command(`RCPT TO:<${name}@agents.test>`);
    expect(await client.command('RCPT TO:<d@agents.test>')).toMatch(/^452/);
  });

  it('answers 421 to a connection too many, of one client and of all', async () => {
    const perClient = await listen({ maxConnectionsPerClient: 1 });
    await session(perClient.listener.port);
    expect(await (await session(perClient.listener.port, false)).reply()).toMatch(/^421 4\.7\.0/);

    const all = await listen({ maxConnections: 1 });
    await session(all.listener.port);
    expect(await (await session(all.listener.port, false)).reply()).toMatch(/^421/);
  });

  it('gives the place of a closed connection to the next one', async () => {
    const { listener } = await listen({ maxConnectionsPerClient: 1 });
    const first = await session(listener.port);
    await first.command('QUIT');
    await first.closed;
    await expect
      .poll(async () => (await (await session(listener.port, false)).reply()).slice(0, 3), { timeout: 5000 })
      .toBe('220');
  });

  it('answers 451 to a message while too many are being decided on', async () => {
    const gate = Promise.withResolvers<SmtpAnswer>();
    const arrived = Promise.withResolvers<void>();
    const { listener, problems } = await listen({
      maxInFlight: 1,
      onMessage: () => {
        arrived.resolve();
        return gate.promise;
      },
    });
    const first = await session(listener.port);
    const second = await session(listener.port);
    await toData(first);
    first.write('one\r\n.\r\n');
    await arrived.promise;
    await toData(second);
    second.write('two\r\n.\r\n');
    expect(await second.reply()).toMatch(/^451 4\.3\.2/);
    expect(problems).toEqual(['smtp.too_many_in_flight']);
    gate.resolve(accepted);
    expect(await first.reply()).toMatch(/^250/);
  });

  it('gives back the room of a message that takes too long, and hangs up', async () => {
    const { listener, problems } = await listen({ maxDataMs: 100, maxBufferedBytes: 10_000 });
    const slow = await session(listener.port);
    await toData(slow);
    slow.write(`${'x'.repeat(98)}\r\n`.repeat(60));
    expect(await slow.reply()).toMatch(/^451 4\.4\.2/);
    await slow.closed;
    expect(problems).toContain('smtp.late');
    const other = await session(listener.port);
    await toData(other);
    other.write(`${'y'.repeat(98)}\r\n`.repeat(80));
    other.write('.\r\n');
    expect(await other.reply()).toMatch(/^250/);
  });

  it('leaves places for others while a client’s messages are being decided on', async () => {
    const gate = Promise.withResolvers<SmtpAnswer>();
    const { listener } = await listen({ maxInFlight: 4, onMessage: () => gate.promise });
    const clients = [
      await session(listener.port),
      await session(listener.port),
      await session(listener.port, true, '127.0.0.2'),
    ] as const;
    for (const client of clients) await toData(client);
    clients[0].write('one\r\n.\r\n');
    clients[1].write('two\r\n.\r\n');
    const refused = await Promise.race([clients[0].reply(), clients[1].reply()]);
    expect(refused).toMatch(/^451 4\.3\.2/);
    clients[2].write('three\r\n.\r\n');
    gate.resolve(accepted);
    expect(await clients[2].reply()).toMatch(/^250/);
  });

  it('answers 451 when all unfinished messages together would need too much memory', async () => {
    const { listener, problems } = await listen({ maxBufferedBytes: 5_000 });
    const [first, second] = [await session(listener.port), await session(listener.port)];
    await toData(first);
    await toData(second);
    first.write(`${'x'.repeat(98)}\r\n`.repeat(60));
    first.write('.\r\n');
    expect(await first.reply()).toMatch(/^451 4\.3\.1/);
    expect(problems).toEqual(['smtp.no_room']);
    second.write('small\r\n.\r\n');
    expect(await second.reply()).toMatch(/^250/);
  });

  it('ends a connection after 100 messages', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    for (let n = 0; n < 100; n += 1) {
      client.write('MAIL FROM:<ann@example.com>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\n');
      for (let reply = 0; reply < 3; reply += 1) await client.reply();
      client.write('x\r\n.\r\n');
      expect(await client.reply()).toMatch(/^250/);
    }
    expect(await client.command('MAIL FROM:<ann@example.com>')).toMatch(/^421 4\.7\.0/);
    expect(taken).toHaveLength(100);
  });

  it('ends a connection that asks for many unknown recipients', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (let n = 0; n < 50; n += 1) expect(await client.command(`RCPT TO:<u${n}@x.test>`)).toMatch(/^550/);
    expect(await client.command('RCPT TO:<more@x.test>')).toMatch(/^421/);
  });

  it('forgets a message whose client goes away in the middle', async () => {
    const { listener, taken } = await listen({ maxBufferedBytes: 1_000, maxConnectionsPerClient: 1 });
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(9));
    client.end();
    await client.closed;
    let next = client;
    const greeting = async () => {
      next = await session(listener.port, false);
      return next.reply();
    };
    await expect.poll(greeting, { timeout: 5000 }).toMatch(/^220/);
    await next.command('EHLO client.example');
    await toData(next);
    next.write(`${'x'.repeat(98)}\r\n`.repeat(9));
    next.write('.\r\n');
    expect(await next.reply()).toMatch(/^250/);
    expect(taken).toHaveLength(1);
  });
});
