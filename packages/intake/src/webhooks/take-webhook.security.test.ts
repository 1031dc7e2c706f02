/** What a stranger posts costs next to nothing, and a 200 is given for nothing that is not on disk. */
import { byteBudget, parseWebhookSecret } from '@tinyfat/core';
import type { NewWebhookEvent } from '@tinyfat/database';
import {
  NEXT_WEBHOOK_SECRET,
  postmarkInbound,
  svixHeaders,
  WEBHOOK_SECRET,
} from '@tinyfat/testing/stand-ins/webhooks';
import { describe, expect, it } from 'vitest';
import type { TakeDeps, WebhookAnswer, WebhookRequest } from './contract.ts';
import { postmarkTaker, resendTaker } from './take-webhook.ts';

const auth = 'postmark:s3cret';
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const encode = (text: string) => new TextEncoder().encode(text);

/** Ports that note in which order they are used. `fail`: what does not work. */
function recording(fail: 'put' | 'store' | 'store and look' | null = null) {
  const steps: string[] = [];
  const stored: NewWebhookEvent[] = [];
  const secret = parseWebhookSecret(WEBHOOK_SECRET);
  if (secret === null) throw new Error('no secret');
  let made = 0;
  const step = async (name: string) => {
    await new Promise(setImmediate);
    if (fail?.split(' ')[0] === name) throw new Error('the disk is full');
    steps.push(name);
  };
  const log = (_event: string, fields?: object) => void steps.push(`log ${JSON.stringify(fields)}`);
  const deps: TakeDeps = {
    clock: Date.now,
    makeId: () => `id-${++made}`,
    logger: { debug() {}, info() {}, warn: log, error: log },
    resendSecrets: [secret],
    postmarkCredentials: [auth],
    rawMail: { put: () => step('put'), remove: () => step('remove') },
    async storeEvent(event) {
      await step('store');
      const known = stored.some(({ event_id }) => event_id === event.event_id);
      if (!known) stored.push(event);
      return !known;
    },
    hasEvent: async (id) => {
      if (fail === 'store and look') throw new Error('the database is away');
      return stored.some((event) => event.id === id);
    },
    wakeUp: { wake: () => void steps.push('wake') },
  };
  const work = () => steps.filter((one) => !one.startsWith('log'));
  return { deps, steps, stored, work };
}

/** A body that must not be read. */
const untouched = () =>
  new ReadableStream<Uint8Array>(
    {
      pull() {
        throw new Error('the body was read');
      },
    },
    { highWaterMark: 0 },
  );

/** A taker whose requests are counted in one budget, and released once they were answered. */
function counted(
  taker: (deps: TakeDeps) => (request: WebhookRequest) => Promise<WebhookAnswer>,
  deps: TakeDeps,
  budgetBytes = 128 * 1024 * 1024,
) {
  const budget = byteBudget(budgetBytes);
  const take = taker(deps);
  return async (request: Omit<WebhookRequest, 'reservation'>) => {
    const reservation = budget.open();
    try {
      return await take({ ...request, reservation });
    } finally {
      reservation.release();
    }
  };
}

describe('a webhook of Postmark', () => {
  it.each([
    ['without a password', {}],
    ['with a wrong one', { authorization: basic('postmark:wrong') }],
    ['with another scheme', { authorization: `Bearer ${auth}` }],
  ])('%s is refused before its body is read', async (_what, headers) => {
    const { deps, work } = recording();
    const answer = await counted(postmarkTaker, deps)({ headers: new Headers(headers), body: untouched() });
    expect(answer).toMatchObject({ status: 401, code: 'webhook_unauthorized' });
    expect(work()).toEqual([]);
  });

  it('says so of its content-length alone when it is too large', async () => {
    const headers = new Headers({ authorization: basic(auth), 'content-length': String(73 * 1024 * 1024) });
    const answer = await counted(postmarkTaker, recording().deps)({ headers, body: untouched() });
    expect(answer).toMatchObject({ status: 413, code: 'webhook_too_large' });
  });

  it('is as large as the runtime holds at most', async () => {
    const { deps, work } = recording();
    const body = encode(JSON.stringify(postmarkInbound(mail)));
    const take = (maxBytes: number) =>
      counted(postmarkTaker, { ...deps, postmarkBytes: { maxBytes, shareBytes: body.length } })({
        headers: new Headers({ authorization: basic(auth) }),
        body,
      });
    expect(await take(body.length - 1)).toMatchObject({ status: 413, code: 'webhook_too_large' });
    expect(work()).toEqual([]);
    expect((await take(body.length)).status).toBe(200);
  });

  const mail = {
    raw: encode('Subject: x\r\n\r\nx'),
    from: 'a@b.example',
    to: ['scout@x.example'],
    messageId: 'm1',
  };
  const post = (deps: TakeDeps) =>
    counted(
      postmarkTaker,
      deps,
    )({
      headers: new Headers({ authorization: basic(auth) }),
      body: encode(JSON.stringify(postmarkInbound(mail))),
    });

  it('is answered after its message, and then its row, are stored', async () => {
    const { deps, work } = recording();
    expect(await post(deps)).toMatchObject({ status: 200 });
    expect(work()).toEqual(['put', 'store', 'wake']);
    expect(await post(deps)).toMatchObject({ status: 200 });
    // The second copy of the message goes; nobody is woken for what is known.
    expect(work().slice(3)).toEqual(['put', 'store', 'remove']);
  });

  it.each(['put', 'store'] as const)('is put off when "%s" fails', async (what) => {
    const { deps, steps, stored } = recording(what);
    expect(await post(deps)).toMatchObject({ status: 503, code: 'webhook_not_stored' });
    expect(stored).toEqual([]);
    expect(steps).not.toContain('wake');
  });

  it('leaves no message behind that no row names, but one of which that can not be seen', async () => {
    const { deps, work } = recording('store');
    await post(deps);
    expect(work()).toEqual(['put', 'remove']);
    const blind = recording('store and look');
    expect(await post(blind.deps)).toMatchObject({ status: 503 });
    expect(blind.work()).toEqual(['put']);
  });

  it('with more bytes than there is room for, many at once, is put off, and none is lost when told again', async () => {
    const { deps, stored } = recording();
    // An eighth of what a server has, for a message of an eighth of what one may have.
    const MB = 1024 * 1024;
    const postmarkBytes = { maxBytes: 9 * MB, shareBytes: 10 * MB };
    const take = counted(postmarkTaker, { ...deps, postmarkBytes }, 16 * MB);
    const raw = encode(`Subject: x\r\n\r\n${'x'.repeat(2.5 * MB)}`);
    const many = Array.from({ length: 8 }, (_, index) =>
      encode(JSON.stringify(postmarkInbound({ ...mail, raw, messageId: `m${index}` }))),
    );
    let waiting = many;
    let putOff = 0;
    while (waiting.length > 0) {
      const answers = await Promise.all(
        waiting.map((body) => take({ headers: new Headers({ authorization: basic(auth) }), body })),
      );
      for (const { status, code } of answers) {
        expect([200, 503]).toContain(status);
        if (status === 503) expect(code).toBe('webhook_busy');
      }
      const left = waiting.filter((_, index) => answers[index]?.status !== 200);
      expect(left.length).toBeLessThan(waiting.length);
      putOff += left.length;
      waiting = left;
    }
    expect(putOff).toBeGreaterThan(0);
    expect(stored).toHaveLength(8);
  });
});

describe('a webhook of Resend', () => {
  const body = JSON.stringify({
    type: 'email.received',
    data: { email_id: 'mail-1', to: ['scout@x.example'] },
  });

  it.each([
    ['no signature', { 'svix-signature': '' }],
    ['a signature of another version', { 'svix-signature': 'v2,AAAA' }],
    ['no id', { 'svix-id': '' }],
    ['no time', { 'svix-timestamp': 'now' }],
  ])('with %s is refused before its body is read', async (_what, change) => {
    const { deps, work } = recording();
    const headers = new Headers({ ...svixHeaders(body, {}), ...change });
    const answer = await counted(resendTaker, deps)({ headers, body: untouched() });
    expect(answer).toMatchObject({ status: 401, code: 'webhook_signature_wrong' });
    expect(work()).toEqual([]);
  });

  it('that is signed by somebody else never gets to the database', async () => {
    const { deps, work } = recording();
    const headers = new Headers(svixHeaders(body, { secrets: [NEXT_WEBHOOK_SECRET] }));
    expect(await counted(resendTaker, deps)({ headers, body: encode(body) })).toMatchObject({ status: 401 });
    expect(work()).toEqual([]);
  });

  it('is answered after its row is stored; a replay within the five minutes is answered again and is nothing new', async () => {
    const { deps, work } = recording();
    const request = { headers: new Headers(svixHeaders(body, { id: 'msg_1' })), body: encode(body) };
    const take = counted(resendTaker, deps);
    expect(await take(request)).toMatchObject({ status: 200 });
    expect(work()).toEqual(['store', 'wake']);
    expect(await take(request)).toMatchObject({ status: 200 });
    expect(work()).toEqual(['store', 'wake', 'store']);
  });

  it('is put off when its row can not be stored', async () => {
    const { deps, steps } = recording('store');
    const request = { headers: new Headers(svixHeaders(body, {})), body: encode(body) };
    expect(await counted(resendTaker, deps)(request)).toMatchObject({
      status: 503,
      code: 'webhook_not_stored',
    });
    expect(steps).not.toContain('wake');
  });

  it('logs neither secret nor signature when it is refused', async () => {
    const { deps, steps } = recording();
    const headers = new Headers(svixHeaders(body, { secrets: [NEXT_WEBHOOK_SECRET] }));
    await counted(resendTaker, deps)({ headers, body: encode(body) });
    const signature = headers.get('svix-signature') ?? '';
    expect(steps.join()).toContain('webhook_signature_wrong');
    for (const word of [WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6), signature.slice(3)]) {
      expect(steps.join()).not.toContain(word);
    }
  });
});
