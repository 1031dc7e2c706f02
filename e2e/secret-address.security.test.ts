/** A secret address lets a listed sender in whose domain proves nothing; and is itself shown to nobody else. */

import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, header } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const scout = 'scout@agents.example.org';
const sender = 'printer@old.example';

describe('a secret address', () => {
  let dns: DnsStub;
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let secret: string;
  beforeAll(async () => {
    dns = await startDnsStub({ '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] } });
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: {
        MAIL_DOMAIN: 'agents.example.org',
        DNS_SERVERS: dns.address,
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
      },
      agents: { scout: [sender, 'boss@strict.example'] },
    });
    const made = await server.cli(['address', 'create', 'scout', '--note', 'the printer']);
    secret = made.stdout.trim();
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.close();
    await dns?.close();
  });
  const send = (from: string, to: string, cc = '') =>
    answerTo(server, {
      from,
      to,
      ...(cc === '' ? {} : { cc }),
      subject: 'Report',
      text: '[[reply: Noted.]]',
    });

  it('is needed: to its plain address the sender is refused', async () => {
    expect(secret).toMatch(/^scout\+[a-z2-9]{26}@agents\.example\.org$/);
    expect((await send(sender, scout)).code).toBe(550);
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail.reason_code).toBe('no_policy_no_signature');
  });

  it('lets the sender in, and the answer says where to go on', async () => {
    expect((await send(sender, secret)).code).toBe(250);
    const [reply] = await server.answers(1);
    expect(reply?.from?.address).toBe(scout);
    expect(reply && header(reply, 'reply-to')).toContain(secret);
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ verdict: 'accepted', reason_code: 'accepted_by_secret_address' });
    const [shown] = await server.json(['address', 'list', 'scout']);
    expect(shown).toMatchObject({ note: 'the printer' });
    expect(shown.last_used).not.toBeNull();
  });

  it('stays the way of a mail that was quarantined first', async () => {
    const headers = { 'X-Auto-Response-Suppress': 'All' };
    const mail = { from: sender, to: secret, subject: 'Late report', text: '[[reply: Late.]]', headers };
    expect((await answerTo(server, mail)).code).toBe(250);
    const [quarantined] = await server.json(['mails', 'scout']);
    expect(quarantined).toMatchObject({ verdict: 'quarantined', reason_code: 'perhaps_automatic' });
    expect((await server.cli(['mails', 'release', quarantined.id])).code).toBe(0);
    const replies = await server.answers(2);
    const late = replies.find(({ subject }) => subject?.includes('Late report'));
    expect(late && header(late, 'reply-to')).toContain(secret);
  });

  it('is not told to the agent, the model or the log', () => {
    const token = secret.slice(secret.indexOf('+') + 1, secret.indexOf('@'));
    expect(model.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(model.requests)).not.toContain(token);
    expect(server.output()).not.toContain(token);
  });

  it('opens no intake for who is not listed, or whose domain says how it wants to be checked', async () => {
    expect((await send('eve@old.example', secret)).code).toBe(550);
    expect((await send('boss@strict.example', secret)).code).toBe(550);
    const [strict, stranger] = await server.json(['mails', 'scout']);
    expect([stranger.reason_code, strict.reason_code]).toEqual(['not_allowed', 'dmarc_failed']);
  });

  it('can’t be made for a name that leaves no room for it', async () => {
    const name = 'a'.repeat(40);
    await server.cli(['agent', 'create', name, '--owner', 'owner@example.com']);
    const made = await server.cli(['address', 'create', name]);
    expect(made).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('too long') });
  });

  it('is worth nothing once it is revoked', async () => {
    const [shown] = await server.json(['address', 'list', 'scout']);
    expect((await server.cli(['address', 'revoke', 'scout', shown.id])).code).toBe(0);
    expect((await send(sender, secret)).code).toBe(550);
    expect(await server.json(['address', 'list', 'scout'])).toEqual([]);
  });
});
