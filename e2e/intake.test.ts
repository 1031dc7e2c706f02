/** Who is let in, told in the SMTP session (invariants 3, 7 and 8). */
import { connect } from 'node:net';
import { type SigningDomain, signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const to = 'scout@tinyfat.localhost';

describe('the intake for a trusted client', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ agents: { scout: ['@team.example', '@*.corp.example'] } });
  });
  afterAll(() => server?.dispose());

  it.concurrent.each([
    ['an unknown recipient', { to: 'nobody@tinyfat.localhost' }, 550],
    ['another domain', { to: 'scout@example.com' }, 550],
    ['a sender who is not on the list', { to, from: 'eve@example.net' }, 550],
    ['a sender at a look-alike of an allowed domain', { to, from: 'eve@eviltearn.example' }, 550],
    ['a sender at a domain that only ends like an allowed one', { to, from: 'eve@notteam.example' }, 550],
    ['the domain itself under a sub-domain entry', { to, from: 'eve@corp.example' }, 550],
    ['two From addresses', { to, from: ['owner@example.com', 'eve@example.net'].join(', ') }, 550],
    [
      'an allowed address only in the display name',
      { to, from: '"owner@example.com" <eve@example.net>' },
      550,
    ],
  ])('refuses %s', async (_name, mail, code) => {
    expect((await answerTo(server, { text: 'x', ...mail })).code).toBe(code);
  });

  it.concurrent.each([
    ['the owner', 'owner@example.com'],
    ['the owner in capitals', 'OWNER@Example.COM'],
    ['the owner with a tag', 'owner+list@example.com'],
    ['somebody at an allowed domain', 'any@team.example'],
    ['somebody at a sub-domain', 'any@deep.sub.corp.example'],
  ])('takes a mail from %s', async (_name, from) => {
    expect((await answerTo(server, { to, from, text: 'x' })).code).toBe(250);
  });

  it('refuses what is too large, and takes what is just small enough to be a mail', async () => {
    const megabytes = (count: number) => [{ filename: 'x.bin', content: Buffer.alloc(count * 1024 * 1024) }];
    expect((await answerTo(server, { to, text: 'x', attachments: megabytes(26) })).code).toBe(552);
    expect((await answerTo(server, { to, text: 'x', attachments: megabytes(24) })).code).toBe(250);
  });

  it('wakes nobody for automatic mail and answers it with nothing', async () => {
    await server.answers(6);
    const before = (await server.json(['runs'])).length;
    const headers = { 'Auto-Submitted': 'auto-replied' };
    expect((await answerTo(server, { to, subject: 'Away', text: 'x', headers })).code).toBe(250);
    const [newest] = await server.json(['mails', 'scout']);
    expect(newest).toMatchObject({ subject: 'Away', verdict: 'automatic', state: 'automatic' });
    expect((await server.json(['runs'])).length).toBe(before);
  });

  it('keeps every refused mail on record with its reason', async () => {
    const mails = await server.json(['mails', 'scout']);
    const refused = mails.filter((mail: { verdict: string }) => mail.verdict === 'refused');
    expect(refused.length).toBe(7);
    for (const mail of refused) expect(mail.reason.length).toBeGreaterThan(10);
  });

  it('quarantines a listed sender’s mail that only may be a machine’s, and answers it once it is released', async () => {
    const subject = 'Automatiskt svar: Can you look at this?';
    const mail = { to, subject, text: '[[reply: Looked.]]', headers: { 'X-Auto-Response-Suppress': 'All' } };
    const before = (await server.json(['runs'])).length;
    expect((await answerTo(server, mail)).code).toBe(250);
    expect((await answerTo(server, { ...mail, from: 'eve@example.net' })).code).toBe(550);
    const [stranger, quarantined] = await server.json(['mails', 'scout']);
    expect(stranger).toMatchObject({ verdict: 'refused', reason_code: 'not_allowed' });
    expect(quarantined).toMatchObject({
      verdict: 'quarantined',
      state: 'quarantined',
      reason_code: 'perhaps_automatic',
      subject,
    });
    expect(quarantined.reason).toContain('(x-auto-response-suppress, subject)');
    const shown = await server.cli(['mails', 'show', quarantined.id]);
    expect(shown.stdout).toContain('tinyfat mails release ID');
    expect((await server.json(['runs'])).length).toBe(before);
    expect((await server.cli(['mails', 'release', quarantined.id])).code).toBe(0);
    const answers = await server.answers(7);
    expect(answers.at(-1)).toMatchObject({
      inReplyTo: quarantined.message_id,
      text: expect.stringContaining('Looked.'),
    });
  });

  it('says its name and what it can, but offers no TLS without a certificate', async () => {
    const dialogue = await talk(server, ['EHLO client.example', 'STARTTLS', 'QUIT']);
    expect(dialogue).toMatch(/^220 tinyfat\.localhost/);
    expect(dialogue).toContain('SIZE 37748736');
    expect(dialogue).not.toContain('250-STARTTLS');
    expect(dialogue).toMatch(/50\d .*\r?\n221 /);
  });
});

describe('the intake for everybody else', () => {
  const owner = signingDomain('example.com');
  const attacker = signingDomain('attacker.example');
  const trouble = signingDomain('trouble.example');
  let dns: DnsStub;
  let server: Tinyfat;
  beforeAll(async () => {
    dns = await startDnsStub({
      ...owner.records,
      '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
      ...attacker.records,
      '_dmarc.attacker.example': { TXT: ['v=DMARC1; p=reject'] },
      '_dmarc.trouble.example': { fault: 'SERVFAIL' },
      'mail._domainkey.trouble.example': { fault: 'SERVFAIL' },
      'trouble.example': { fault: 'SERVFAIL' },
    });
    server = await startTinyfat({
      environment: { MAIL_DOMAIN: 'agents.example.org', DNS_SERVERS: dns.address },
      agents: { scout: ['owner@trouble.example'] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await dns?.close();
  });
  const scout = 'scout@agents.example.org';
  const message = (from: string) =>
    `From: ${from}\r\nTo: ${scout}\r\nSubject: Hello\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${Math.random()}@x.example>\r\n\r\nHi [[reply: ok]]\r\n`;
  const signed = (from: string, domain: SigningDomain) => domain.sign(Buffer.from(message(from)));
  const send = (raw: string | Buffer, sender: string) =>
    answerTo(server, { envelope: { from: sender, to: scout }, raw });

  it('takes a signed mail of the owner, and the agent answers', async () => {
    const taken = await send(await signed('owner@example.com', owner), 'owner@example.com');
    expect(taken).toEqual({ code: 250, text: '' });
    const [reply] = await server.answers(1);
    expect(reply?.to?.[0]?.address).toBe('owner@example.com');
  });

  it('refuses the owner’s address without a signature', async () => {
    const refused = await send(message('owner@example.com'), 'owner@example.com');
    expect(refused.code).toBe(550);
    expect(refused.text).toContain('5.7.1');
  });

  it('refuses the owner’s address with an attacker’s own valid signature', async () => {
    const raw = await signed('owner@example.com', attacker);
    expect((await send(raw, 'eve@attacker.example')).code).toBe(550);
  });

  it('says 451 when the DNS can’t tell, and keeps no mail', async () => {
    const before = (await server.json(['mails'])).length;
    expect((await send(await signed('owner@trouble.example', trouble), 'owner@trouble.example')).code).toBe(
      451,
    );
    expect((await server.json(['mails'])).length).toBe(before);
  });

  it('sends nobody who was refused a mail', async () => {
    await sendMail(server, {
      envelope: { from: 'owner@example.com', to: scout },
      raw: await signed('owner@example.com', owner),
    });
    const replies = await server.answers(2);
    expect(replies).toHaveLength(2);
    expect(new Set(replies.map((reply) => reply.to?.[0]?.address))).toEqual(new Set(['owner@example.com']));
  });
});

/** Speaks SMTP line by line; gives all that the server said. */
async function talk(server: Tinyfat, lines: string[]): Promise<string> {
  const socket = connect(server.smtpPort, server.host);
  let said = '';
  const rest = [...lines];
  return await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      said += chunk;
      if (!/^\d{3} .*\r\n$/m.test(said.slice(said.lastIndexOf('\n', said.length - 2) + 1))) return;
      const next = rest.shift();
      if (next) socket.write(`${next}\r\n`);
    });
    socket.on('close', () => resolve(said));
  });
}
