/** Addresses as attackers write them: what reaches the door is visible, bounded, and one address. */
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** What stands after MAIL FROM: and the sender that the door is given. */
const takenPaths: [string, string][] = [
  ['<>', ''],
  ['<ann@example.com>', 'ann@example.com'],
  [' <ann@example.com>', 'ann@example.com'],
  ['<Ann.O\u2019Lee@b\u00fccher.example> SMTPUTF8 BODY=8BITMIME', 'Ann.O\u2019Lee@b\u00fccher.example'],
  ['<ann@xn--bcher-kva.example>', 'ann@b\u00fccher.example'],
  ['<"ann"@example.com>', '"ann"@example.com'],
  ['<a..b@example.com>', 'a..b@example.com'],
  ['<bounce+ann=example.org@mail_1.example.com>', 'bounce+ann=example.org@mail_1.example.com'],
  ['<ann@[192.0.2.1]>', 'ann@[192.0.2.1]'],
  ['<@a.example,@b.example:ann@example.com>', 'ann@example.com'],
  [`<${'a'.repeat(242)}@example.com>`, `${'a'.repeat(242)}@example.com`],
  ['<ann@example.com>\rRCPT TO:<eve@agents.test>', 'ann@example.com'],
  ['<ann@example.com> X=\rY=<eve@example.com>', 'ann@example.com'],
  ['<ann@example.com> AUTH=<> RET=FULL UNKNOWN', 'ann@example.com'],
];

const refusedPaths: [string, string | Buffer][] = [
  ['nothing', ''],
  ['a blank', '< >'],
  ['no brackets', 'ann@example.com'],
  ['no domain', '<ann>'],
  ['an empty domain', '<ann@>'],
  ['an empty local part', '<@example.com>'],
  ['two addresses', '<ann@example.com><eve@example.com>'],
  ['two domains', '<ann@example.com@example.org>'],
  ['a quoted blank', '<"a b"@example.com>'],
  ['a quoted bracket', '<"a>b"@example.com>'],
  ['a quoted @', '<"a@b"@example.com>'],
  ['text after the address', '<ann@example.com>x'],
  ['NUL in the address', '<ann\0@example.com>'],
  ['NUL after the address', '<ann@example.com>\0'],
  ['CR in the address', '<ann\r@example.com>'],
  ['a tab in the address', '<ann\t@example.com>'],
  ['ESC in the address', '<\u001b[31mann@example.com>'],
  ['a no-break space', '<ann\u00a0@example.com>'],
  ['a zero-width space', '<ann\u200b@example.com>'],
  ['a right-to-left override', '<ann\u202e@example.com>'],
  ['a soft hyphen', '<ann\u00ad@example.com>'],
  ['a lost byte', latin1('<b\u00f6b@example.com>')],
  ['an overlong NUL', latin1('<ann\u00c0\u0080@example.com>')],
  ['NEL in an A-label', '<ann@xn--ab-qa.example>'],
  ['a right-to-left override in an A-label', '<ann@xn--ab-g4t.example>'],
  ['a line separator in an A-label', '<ann@xn--ab-x3t.example>'],
  ['243 characters before the @', `<${'a'.repeat(243)}@example.com>`],
  ['1,000 characters before the @', `<${'a'.repeat(1000)}@example.com>`],
  ['200 characters that are 400 bytes', `<${'\u00fc'.repeat(200)}@example.com>`],
  ['CR LF as xtext in a parameter', '<ann@example.com> ENVID=a+0D+0AX'],
  ['a size that is no number', '<ann@example.com> SIZE=1e3'],
  ['a size twice', '<ann@example.com> SIZE=1 SIZE=2'],
  ['a body that is not offered', '<ann@example.com> BODY=BINARYMIME'],
];

describe('the envelope', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  it('takes senders of many kinds and hands over the address alone', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    for (const [path, sender] of takenPaths) {
      expect([path, await client.command(`MAIL FROM:${path}`)]).toEqual([path, '250 Accepted']);
      await client.command('RCPT TO:<bot@agents.test>');
      await client.command('DATA');
      client.write('x\r\n.\r\n');
      expect(await client.reply()).toMatch(/^250/);
      expect([path, taken.at(-1)?.sender, taken.at(-1)?.recipients]).toEqual([
        path,
        sender,
        ['bot@agents.test'],
      ]);
    }
    expect(taken).toHaveLength(takenPaths.length);
  });

  it('refuses what could be read in two ways, as sender and as recipient, in one line', async () => {
    const { listener, taken } = await listen({ onRecipient: async () => null });
    const client = await session(listener.port);
    const replyTo = async (verb: string, path: string | Buffer) => {
      client.write(Buffer.concat([Buffer.from(verb), Buffer.from(path), Buffer.from('\r\nNOOP\r\n')]));
      return [await client.reply(), await client.reply()];
    };
    const refusal = expect.stringMatching(/^(501|553 5\.1\.[37]) [ -~]+$/);
    for (const [what, path] of refusedPaths) {
      expect([what, ...(await replyTo('MAIL FROM:', path))]).toEqual([what, refusal, '250 OK']);
      if (String(path).includes('> ')) continue;
      await client.command('MAIL FROM:<ann@example.com>');
      expect([what, ...(await replyTo('RCPT TO:', path))]).toEqual([what, refusal, '250 OK']);
      expect(await client.command('DATA')).toMatch(/^503/);
      await client.command('RSET');
    }
    expect(taken).toEqual([]);
  });

  it('refuses the null address as a recipient, and asks the door about postmaster', async () => {
    const asked: string[] = [];
    const { listener } = await listen({
      onRecipient: async (address) => {
        asked.push(address);
        return null;
      },
    });
    const client = await session(listener.port);
    await client.command('MAIL FROM:<>');
    expect(await client.command('RCPT TO:<>')).toMatch(/^501/);
    expect(await client.command('RCPT TO:<Postmaster>')).toMatch(/^250/);
    expect(await client.command('RCPT TO:<@a,@b:bot@agents.test>')).toMatch(/^250/);
    expect(asked).toEqual(['Postmaster', 'bot@agents.test']);
  });

  it('takes 100 recipients and answers 452 to the 101st, which is for another time', async () => {
    const { listener, taken } = await listen({ maxRecipients: 100 });
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (let n = 0; n < 100; n += 1) client.write(`RCPT TO:<bot${n}@agents.test>\r\n`);
    for (let n = 0; n < 100; n += 1) expect(await client.reply()).toMatch(/^250/);
    expect(await client.command('RCPT TO:<one.more@agents.test>')).toMatch(/^452/);
    expect(await client.command('RCPT TO:<BOT7@agents.test>')).toMatch(/^250/);
    await client.command('DATA');
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250/);
    expect(taken[0]?.recipients).toHaveLength(100);
  });

  it('reports who was refused, in printable ASCII of bounded length', async () => {
    const { listener, refusals } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<a\u202eb@example.com>');
    await client.command('MAIL FROM:<ann@example.com>');
    await client.command('RCPT TO:<b\u00f6b@x.test>');
    await client.command(`RCPT TO:<${'a'.repeat(1000)}@agents.test>`);
    await client.command('RCPT TO:<bot@agents.test>');
    expect(refusals).toEqual([
      {
        kind: 'sender',
        address: 'a?b@example.com',
        client: '127.0.0.1',
        answer: expect.objectContaining({ code: 553, enhanced: '5.1.7' }),
      },
      {
        kind: 'recipient',
        address: 'b?b@x.test',
        client: '127.0.0.1',
        answer: { code: 550, enhanced: '5.1.1', text: 'No such agent' },
      },
      {
        kind: 'recipient',
        address: 'a'.repeat(254),
        client: '127.0.0.1',
        answer: expect.objectContaining({ code: 553, enhanced: '5.1.3' }),
      },
    ]);
  });

  it('leaves nothing of a transaction after RSET, EHLO or a refused DATA', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    for (const between of ['RSET', 'EHLO again.example', 'HELO again.example']) {
      await client.command('MAIL FROM:<eve@example.com>');
      await client.command('RCPT TO:<eve@agents.test>');
      await client.command(between);
      expect(await client.command('RCPT TO:<eve@agents.test>')).toMatch(/^503/);
      expect(await client.command('DATA')).toMatch(/^503/);
      await client.command('RSET');
    }
    await toData(client);
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(await client.command('DATA')).toMatch(/^503/);
    expect(taken.map((delivery) => [delivery.sender, delivery.recipients])).toEqual([
      ['ann@example.com', ['bot@agents.test']],
    ]);
  });

  it('hands over a HELO name only when it is printable ASCII', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    for (const [name, helo] of [
      ['client.example', 'client.example'],
      ['[192.0.2.1]', '[192.0.2.1]'],
      ['b\u00fccher.example', null],
      ['a\u202eb.example', null],
      ['a'.repeat(255), 'a'.repeat(255)],
      ['a'.repeat(256), null],
    ] as const) {
      expect(await client.command(`EHLO ${name}`)).toMatch(/^250/);
      await toData(client);
      client.write('x\r\n.\r\n');
      await client.reply();
      expect(taken.at(-1)?.client.helo).toBe(helo);
    }
  });
});
