/** Many webhooks, large ones, forged ones: nobody is read who has not shown who he is, memory stays bounded, nothing is lost. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { postmarkInbound, WEBHOOK_SECRET } from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  OWNER,
  SCOUT,
  signedMail,
  startWebhookWorld,
  unsignedMail,
  type WebhookWorld,
} from './support/webhooks.ts';

const auth = 'postmark:s3cret-of-the-webhook';
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const MEGABYTE = 1024 * 1024;

/** What comes back to these header lines, of a request whose body never comes, until the connection ends. */
function answerToHeaders(host: string, path: string, headers: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = [
      `POST ${path} HTTP/1.1`,
      `Host: ${host}:8025`,
      'Content-Type: application/json',
      ...headers,
    ];
    const socket = connect(8025, host, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

const post = (url: string, body: string) =>
  fetch(`${url}/webhooks/postmark`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', connection: 'close', authorization: basic(auth) },
  });

/** The most memory that a process ever had, in bytes (proc(5), VmHWM). */
const peakMemory = (pid: number) =>
  Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

describe('webhooks of Resend under load', () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await startWebhookWorld();
  });
  afterAll(() => world?.dispose());

  it('are refused by their headers where those can not be signed ones, or announce too much', async () => {
    const ask = (...headers: string[]) => answerToHeaders(world.server.host, '/webhooks/resend', headers);
    expect(await ask('Content-Length: 1000')).toMatch(/^HTTP\/1.1 401 /);
    const shaped = ['svix-id: msg_1', `svix-timestamp: ${Math.floor(Date.now() / 1000)}`];
    expect(await ask('Content-Length: 1000', ...shaped, 'svix-signature: v2,AAAA')).toMatch(
      /^HTTP\/1.1 401 /,
    );
    const signature = `svix-signature: v1,${'A'.repeat(43)}=`;
    expect(await ask(`Content-Length: ${2 * MEGABYTE}`, ...shaped, signature)).toMatch(/^HTTP\/1.1 413 /);
  });

  it('with forged signatures, hundreds at once, leave nothing behind and keep no genuine one out', async () => {
    const stranger = WEBHOOK_SECRET.replace(/.{8}$/, 'AAAAAAA=');
    const forged = Array.from({ length: 300 }, () =>
      world.post({ type: 'email.received', data: { email_id: 'forged' }, secrets: [stranger] }),
    );
    const id = await world.arrive(await signedMail('/help'));
    for (const reply of await Promise.all(forged)) expect(reply).toMatchObject({ status: 401 });
    await world.event('done', id);
    expect(await world.server.json(['webhooks'])).toHaveLength(1);
  });
});

describe('webhooks of Postmark under load', () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await startWebhookWorld({ provider: 'postmark', environment: { POSTMARK_WEBHOOK_AUTH: auth } });
  });
  afterAll(() => world?.dispose());

  it('are refused by their headers, before any of their body comes', async () => {
    const ask = (...headers: string[]) =>
      answerToHeaders(world.server.host, '/webhooks/postmark', [
        `Content-Length: ${40 * MEGABYTE}`,
        ...headers,
      ]);
    expect(await ask()).toMatch(/^HTTP\/1.1 401 /);
    expect(await ask(`Authorization: ${basic('postmark:wrong')}`)).toMatch(/^HTTP\/1.1 401 /);
    const large = await answerToHeaders(world.server.host, '/webhooks/postmark', [
      `Content-Length: ${73 * MEGABYTE}`,
      `Authorization: ${basic(auth)}`,
    ]);
    expect(large).toMatch(/^HTTP\/1.1 413 /);
    expect(await world.server.json(['webhooks'])).toEqual([]);
  });

  it('that got their 200 are on disk: a server that is killed then brings them to the intake once', async () => {
    const raw = await signedMail('/help', { Subject: 'survives' });
    const body = JSON.stringify(postmarkInbound({ raw, from: OWNER, to: [SCOUT] }));
    expect((await post(world.url, body)).status).toBe(200);
    await world.server.kill('SIGKILL');
    await world.server.restart();
    expect((await post(world.url, body)).status).toBe(200);
    await world.event('done');
    expect(await world.mails(1)).toMatchObject([{ subject: 'survives', verdict: 'accepted' }]);
    expect(await world.server.json(['webhooks'])).toHaveLength(1);
    expect(await world.server.answers(1)).toHaveLength(1);
  });

  it('with large mails, many at once: some are told to come again, memory stays bounded, none is lost', async () => {
    const before = peakMemory(world.server.pid());
    const bodies = Array.from({ length: 10 }, (_, number) => {
      const raw = unsignedMail(`${'x'.repeat(76)}\r\n`.repeat(230_000), { Subject: `large ${number}` });
      return JSON.stringify(postmarkInbound({ raw, from: OWNER, to: [SCOUT] }));
    });
    let waiting = bodies;
    let putOff = 0;
    while (waiting.length > 0) {
      const answers = await Promise.all(waiting.map((body) => post(world.url, body).catch(() => null)));
      for (const answer of answers) {
        if (answer === null || answer.status === 200) continue;
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('30');
        expect(await answer.json()).toMatchObject({ code: 'webhook_busy' });
      }
      waiting = waiting.filter((_, index) => answers[index]?.status !== 200);
      putOff += waiting.length;
    }
    expect(putOff).toBeGreaterThan(0);
    const mails = await world.mails(11);
    const subjects = mails.map(({ subject }) => subject).filter((subject) => subject.startsWith('large'));
    expect(subjects).toHaveLength(10);
    expect(new Set(subjects).size).toBe(10);
    expect(await world.server.json(['webhooks'])).toHaveLength(11);
    expect(peakMemory(world.server.pid()) - before).toBeLessThan(1024 * MEGABYTE);
  });
});
