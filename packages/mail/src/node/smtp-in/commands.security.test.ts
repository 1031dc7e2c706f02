/** Commands as attackers send them: nothing is disclosed, nothing is run twice, and there is an end to it. */
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';

describe('SMTP commands', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  it('says the same of known and unknown addresses to VRFY and EXPN', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    const answers = async (address: string) => [
      await client.command(`VRFY ${address}`),
      await client.command(`EXPN ${address}`),
    ];
    const known = await answers('bot@agents.test');
    expect(known).toEqual(await answers('nobody@x.test'));
    expect(known).toEqual([expect.stringMatching(/^252/), expect.stringMatching(/^50[02]/)]);
  });

  it('offers no chunks, accounts, turns, forwarding of identity or wizardry', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    const offered = await client.command('EHLO client.example');
    expect(offered).not.toMatch(/CHUNKING|BINARYMIME|AUTH|XCLIENT|XFORWARD|DSN|ETRN|STARTTLS|VRFY/);
    for (const command of [
      'BDAT 4 LAST',
      'BURL x',
      'AUTH PLAIN AGEAYg==',
      'ETRN x',
      'TURN',
      'WIZ x',
      'SHELL',
    ]) {
      expect(await client.command(command)).toMatch(/^50[02]/);
    }
    for (const command of ['XCLIENT ADDR=192.0.2.1', 'XFORWARD ADDR=192.0.2.1']) {
      expect(await client.command(command)).toMatch(/^50[02]/);
    }
    expect(await client.command('HELP')).toMatch(/^214 [^@]*$/);
  });

  it('cannot be told by XCLIENT, XFORWARD or PROXY who the client is', async () => {
    const { listener, taken } = await listen({ trustedClients: ['192.0.2.1'] });
    const client = await session(listener.port);
    await client.command('XCLIENT ADDR=192.0.2.1 NAME=trusted.example');
    await client.command('XFORWARD ADDR=192.0.2.1');
    await client.command('PROXY TCP4 192.0.2.1 192.0.2.2 1 25');
    await toData(client);
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250/);
    expect(taken[0]?.client).toMatchObject({ address: '127.0.0.1', trusted: false });
  });

  it('reads the octets of an unoffered BDAT as commands, and gives up after ten that are none', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    await client.command('RCPT TO:<bot@agents.test>');
    client.write(`BDAT 90 LAST\r\n${'Subject: x\r\n'.repeat(20)}`);
    for (let n = 0; n < 9; n += 1) expect(await client.reply()).toMatch(/^500/);
    expect(await client.reply()).toMatch(/^421/);
    await client.closed;
    expect(taken).toEqual([]);
  });

  it('ends a connection at a line that is too long, whole or in pieces, and runs nothing behind it', async () => {
    const { listener, taken } = await listen();
    const mail = '\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nx\r\n.\r\n';
    for (const pieces of [1, 50]) {
      const client = await session(listener.port);
      for (let n = 0; n < pieces; n += 1) client.write(`NOOP ${'x'.repeat(5000 / pieces)}`);
      client.write(mail);
      expect(await client.reply()).toMatch(/^421 /);
      await client.closed;
    }
    expect(taken).toEqual([]);
  });

  it('ends a connection that never ends its line', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    client.write('\0'.repeat(1_000_000));
    expect(await client.reply()).toMatch(/^421/);
    await client.closed;
  });

  it('turns away web browsers and clients that talk before the greeting', async () => {
    const { listener, taken } = await listen();
    const browser = await session(listener.port);
    const mail = 'EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nx\r\n.\r\n';
    browser.write(`POST / HTTP/1.1\r\nHost: mx.agents.test\r\n\r\n${mail}`);
    expect(await browser.reply()).toMatch(/^421/);
    await browser.closed;
    const early = await session(listener.port, false);
    early.write(mail);
    expect(await early.reply()).toMatch(/^421/);
    await early.closed;
    expect(taken).toEqual([]);
  });

  it('runs nothing that comes behind QUIT or a 421', async () => {
    const { listener, taken } = await listen();
    const mail = 'MAIL FROM:<a@b.test>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nx\r\n.\r\n';
    for (const end of ['QUIT\r\n', 'X\r\n'.repeat(10)]) {
      const client = await session(listener.port);
      client.write(end + mail);
      await client.closed;
    }
    expect(taken).toEqual([]);
  });

  it('does not take a message whose end is the end of the connection', async () => {
    const { listener, taken } = await listen();
    for (const content of ['x\r\n.', 'x\r\n', 'x\r\n.\r', '.\r']) {
      const client = await session(listener.port);
      await toData(client);
      client.write(content);
      client.end();
      await client.closed;
    }
    expect(taken).toEqual([]);
  });

  it('answers pipelined commands in order, while recipients are still looked up', async () => {
    const { listener, taken } = await listen({
      onRecipient: async (address) => {
        await new Promise((resolve) => setImmediate(resolve));
        return address.startsWith('no') ? { code: 550, enhanced: '5.1.1', text: address } : null;
      },
    });
    const client = await session(listener.port);
    const recipients = ['no1', 'yes1', 'no2', 'yes2'].map((name) => `RCPT TO:<${name}@x.test>\r\n`).join('');
    client.write(`MAIL FROM:<ann@example.com>\r\n${recipients}DATA\r\n`);
    const replies = [];
    for (let n = 0; n < 6; n += 1) replies.push((await client.reply()).slice(0, 23));
    expect(replies).toEqual([
      '250 Accepted',
      '550 5.1.1 no1@x.test',
      '250 Accepted',
      '550 5.1.1 no2@x.test',
      '250 Accepted',
      expect.stringMatching(/^354/),
    ]);
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(taken[0]?.recipients).toEqual(['yes1@x.test', 'yes2@x.test']);
  });
});
