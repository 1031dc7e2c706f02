import { describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { postmark } from './postmark.ts';
import { resend } from './resend.ts';
import { resendAccount } from './resend-account.ts';
import { resendArchive } from './resend-archive.ts';
import { returnPath } from './return-path.ts';

const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com'] };

interface Asked {
  url: string;
  method: string;
  headers: Headers;
  body: string;
}

/** Answers each request in turn, as a fetch of workerd takes it: it would throw on options that workerd does not know. */
function fetchOf(...answers: Response[]) {
  const asked: Asked[] = [];
  const stub: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { url, method, headers } = request;
    asked.push({ url, method, headers, body: await request.text() });
    return answers.shift() ?? new Response('', { status: 500 });
  };
  return { fetch: stub, asked };
}

async function mail(): Promise<Uint8Array> {
  const made = await compose(outgoing(), false);
  if (!made.ok) throw new Error(made.reason);
  return made.raw;
}

describe('in workerd', () => {
  it('sends through Resend', async () => {
    const { fetch, asked } = fetchOf(Response.json({ id: 'id-1' }));
    const transport = resend({ apiKey: 're_1', clock: Date.now, fetch });
    expect(await transport.send(envelope, await mail(), 'key-1')).toMatchObject({
      state: 'sent',
      providerId: 'id-1',
    });
    expect(asked).toMatchObject([{ url: 'https://api.resend.com/emails', method: 'POST' }]);
    expect(asked[0]?.headers.get('idempotency-key')).toBe('key-1');
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ to: ['Ann <ann@example.com>'] });
  });

  it('does not follow Resend elsewhere with the key', async () => {
    const { fetch, asked } = fetchOf(
      new Response('', { status: 307, headers: { location: 'https://a.test/' } }),
    );
    const transport = resend({ apiKey: 're_1', clock: Date.now, fetch });
    expect(await transport.send(envelope, await mail(), 'key-1')).toMatchObject({ state: 'unknown' });
    expect(asked).toHaveLength(1);
  });

  it('sends through Postmark', async () => {
    const { fetch, asked } = fetchOf(Response.json({ ErrorCode: 0, Message: 'OK', MessageID: 'id-1' }));
    const transport = postmark({ serverToken: 'token', clock: Date.now, fetch });
    expect(await transport.send(envelope, await mail(), 'key-1')).toMatchObject({
      state: 'sent',
      providerId: 'id-1',
    });
    expect(asked).toMatchObject([{ url: 'https://api.postmarkapp.com/email', method: 'POST' }]);
    expect(asked[0]?.headers.get('x-postmark-server-token')).toBe('token');
  });

  it('fetches a mail from the archive of Resend, without its key where the bytes lie', async () => {
    const raw = 'Return-Path: <ann@example.com>\r\nFrom: ann@example.com\r\n\r\nhi\r\n';
    const found = {
      from: 'ann@example.com',
      to: ['bot@agents.test'],
      raw: { download_url: 'https://cdn.test/1' },
    };
    const { fetch, asked } = fetchOf(Response.json(found), new Response(raw));
    const archive = resendArchive({
      account: resendAccount({ apiKey: 're_1', clock: Date.now, fetch }),
      maxBytes: 1000,
      keepBytes: 10,
      downloadHosts: ['cdn.test'],
    });
    const mail = await archive.fetch('id-1');
    expect(mail).toMatchObject({ ok: true, value: { from: 'ann@example.com' } });
    expect(mail.ok && new TextDecoder().decode(mail.value.raw)).toBe(raw);
    expect(mail.ok && returnPath(mail.value.raw)).toBe('ann@example.com');
    expect(asked.map(({ url }) => url)).toEqual([
      'https://api.resend.com/emails/receiving/id-1?html_format=cid',
      'https://cdn.test/1',
    ]);
    expect(asked[1]?.headers.get('authorization')).toBe(null);
  });
});
