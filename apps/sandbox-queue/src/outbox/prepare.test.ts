/** Whom an outbox mail goes to in the end, as the composed message and its row say. */
import { MOST_TO_STRANGERS, parseDisplayName, STRANGERS_WINDOW_MS } from '@tinyfat/core';
import {
  addAllowedSender,
  agentById,
  mailById,
  type NewMail,
  suppress,
  updateAgent,
} from '@tinyfat/database';
import { mailWorkers } from '@tinyfat/mail/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostMail } from '../mails/host-mail.ts';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { prepareDelivery } from './prepare.ts';

const owner = 'owner@example.com';
const ann = 'ann@team.example';
const bob = 'bob@team.example';
const eve = 'eve@else.example';
const secret = 'scout+abcdefghjkmnpqrstuvwxyz234@agents.test';

let workers: ReturnType<typeof mailWorkers>;
beforeAll(() => {
  workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'agents.test', authservIds: [] });
});
afterAll(() => workers.close());

describe('an outbox mail', () => {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await openOutbox();
    await addAllowedSender(outbox.db, 'scout', '@team.example', 1);
  });
  afterEach(() => outbox.close());

  async function work(change: Partial<NewMail>) {
    await outbox.mail('mail', change);
    const agent = await agentById(outbox.db, 'scout');
    const mail = await mailById(outbox.db, 'mail');
    if (!agent || !mail) throw new Error('no rows');
    return { agent, mail };
  }
  /** Header fields of a composed message, by lower-case name. */
  async function headersOf(rawKey: string) {
    const raw = Buffer.from(await outbox.deps.rawMail.get(rawKey)).toString('latin1');
    const fields = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
    return Object.fromEntries(
      fields
        .split('\r\n')
        .map((field) => [
          field.slice(0, field.indexOf(':')).toLowerCase(),
          field.slice(field.indexOf(':') + 1).trim(),
        ]),
    );
  }
  async function prepared(incoming: Partial<NewMail>, file: object) {
    outbox.write('email', 'mail.json', JSON.stringify({ body: 'Hi', ...file }));
    const source = { runId: 'mail', footer: null, file: 'mail.json', known: [] };
    const delivery = await prepareDelivery({ ...outbox.deps, workers }, await work(incoming), source);
    if (!delivery) throw new Error('known already');
    return { delivery, headers: await headersOf(delivery.raw_key) };
  }
  const others = (...addresses: string[]) => ({ others: JSON.stringify(addresses) });
  const suppressed = (address: string) =>
    suppress(outbox.db, [
      {
        agent_id: 'scout',
        address,
        code: 'bounced',
        reason: '550 5.1.1 No such user',
        delivery_id: 'd',
        created_at: 1,
      },
    ]);

  it('waits for approval where the agent asks always, also where that was set while the turn ran', async () => {
    const before = await work({});
    await updateAgent(outbox.db, 'scout', { outbound: 'ask' });
    outbox.write('email', 'mail.json', JSON.stringify({ body: 'Hi' }));
    const source = { runId: 'mail', footer: null, file: 'mail.json', known: [] };
    expect(await prepareDelivery({ ...outbox.deps, workers }, before, source)).toMatchObject({
      state: 'awaiting_approval',
      reason_code: 'approval_always',
    });
  });

  it('goes to strangers where the agent may write to anyone', async () => {
    await updateAgent(outbox.db, 'scout', { outbound: 'anyone' });
    expect((await prepared({}, { to: [eve] })).delivery).toMatchObject({ state: 'pending' });
  });

  it('waits even then once the agent has written very much within a day', async () => {
    await updateAgent(outbox.db, 'scout', { outbound: 'anyone' });
    await outbox.mail('before', {});
    for (let count = 0; count < MOST_TO_STRANGERS; count++) {
      await outbox.delivery('before', { created_at: outbox.deps.clock() - STRANGERS_WINDOW_MS + 1 });
    }
    const { delivery } = await prepared({}, { to: [eve] });
    expect(delivery).toMatchObject({ state: 'awaiting_approval', reason_code: 'recipients_not_allowed' });
    await outbox.db.updateTable('deliveries').set({ created_at: 1 }).execute();
    outbox.write('email', 'mail.json', JSON.stringify({ body: 'Hi', to: [eve] }));
    const agent = await agentById(outbox.db, 'scout');
    const mail = await mailById(outbox.db, 'mail');
    if (!agent || !mail) throw new Error('no rows');
    const source = { runId: 'mail', footer: null, file: 'mail.json', known: [] };
    expect(await prepareDelivery({ ...outbox.deps, workers }, { agent, mail }, source)).toMatchObject({
      state: 'pending',
    });
  });

  it('does not even then go to those whose mail came back', async () => {
    await updateAgent(outbox.db, 'scout', { outbound: 'anyone' });
    await suppressed(eve);
    expect((await prepared({}, { to: [eve] })).delivery).toMatchObject({
      state: 'awaiting_approval',
      reason_code: 'recipient_suppressed',
    });
  });

  it('that is a plain reply goes to the sender, with the people of the mail on Cc', async () => {
    const { delivery, headers } = await prepared(others(ann, bob), {});
    expect(delivery).toMatchObject({ state: 'pending', kind: 'reply' });
    expect(JSON.parse(delivery.recipients)).toEqual([owner, ann, bob]);
    expect(headers).toMatchObject({
      to: `The Owner <${owner}>`,
      cc: `${ann}, ${bob}`,
      'in-reply-to': '<mail@example.com>',
      'x-loop': 'scout@agents.test',
    });
  });

  it.each([
    ['', 'scout <scout@agents.test>'],
    ['Scout of Ann', 'Scout of Ann <scout@agents.test>'],
    ['Ann, Bob: v. 2 (test); 7', '"Ann, Bob: v. 2 (test); 7" <scout@agents.test>'],
    ['Späher', '=?UTF-8?Q?Sp=C3=A4her?= <scout@agents.test>'],
  ])('is from the agent under its display name %j', async (name, from) => {
    expect(parseDisplayName(name)).toEqual({ ok: true, name });
    await updateAgent(outbox.db, 'scout', { display_name: name });
    const { delivery, headers } = await prepared({}, {});
    expect(delivery.envelope_sender).toBe('scout@agents.test');
    expect([headers.from, headers['x-loop']]).toEqual([from, 'scout@agents.test']);
  });

  it.each<[string, Partial<NewMail>, object, string[]]>([
    ['a stranger was among them', others(ann, eve), {}, [owner]],
    ['the agent wants nobody copied', others(ann), { cc: [] }, [owner]],
    ['the agent names its own copies', others(ann), { cc: [bob] }, [owner, bob]],
    ['the agent names its recipients', others(ann), { to: [bob] }, [bob]],
  ])('copies in nobody by itself where %s', async (_, incoming, file, recipients) => {
    const { delivery } = await prepared(incoming, file);
    expect(delivery.state).toBe('pending');
    expect(JSON.parse(delivery.recipients)).toEqual(recipients);
  });

  it('leaves suppressed people out of copies that it made itself', async () => {
    await suppressed(ann);
    const { delivery } = await prepared(others(ann, bob), {});
    expect(delivery.state).toBe('pending');
    expect(JSON.parse(delivery.recipients)).toEqual([owner, bob]);
  });

  it.each<[string, object]>([
    [bob, { to: [bob], subject: 'News' }],
    [bob, { cc: [bob] }],
    [owner, {}],
  ])('waits for the owner when it is addressed to the suppressed %s', async (address, file) => {
    await suppressed(address);
    const { delivery } = await prepared({}, file);
    expect(delivery).toMatchObject({ state: 'awaiting_approval', reason_code: 'recipient_suppressed' });
    expect(delivery.reason).toBe(`Mail to ${address} came back: 550 5.1.1 No such user.`);
    expect(delivery.raw_key).toBe(delivery.id);
  });

  it('says both when one is a stranger and another suppressed', async () => {
    await suppressed(bob);
    const { delivery } = await prepared({}, { to: [eve, bob] });
    expect(delivery).toMatchObject({ state: 'awaiting_approval', reason_code: 'recipients_not_allowed' });
    expect(delivery.reason).toContain(eve);
    expect(delivery.reason).toContain('came back');
  });

  it('to a tag of a suppressed address is sent', async () => {
    await suppressed(bob);
    const { delivery } = await prepared({}, { to: ['bob+x@team.example'] });
    expect(delivery.state).toBe('pending');
  });

  describe('that answers a mail to a secret address', () => {
    const bySecret = { secret_address: 'secret-1', envelope_recipient: secret };

    it('names it in Reply-To for the sender alone', async () => {
      const { headers } = await prepared(bySecret, {});
      expect(headers['reply-to']).toBe(`scout <${secret}>`);
    });

    it.each<[string, Partial<NewMail>, object]>([
      ['copies', { ...bySecret, ...others(ann) }, {}],
      ['a copy of its own', bySecret, { cc: [ann] }],
      ['another recipient', bySecret, { to: [ann] }],
      ['the sender and another', bySecret, { to: [owner, ann] }],
    ])('shows it to nobody else: %s', async (_, incoming, file) => {
      const { delivery } = await prepared(incoming, file);
      const raw = Buffer.from(await outbox.deps.rawMail.get(delivery.raw_key)).toString('latin1');
      expect(raw).not.toContain('abcdefgh');
      expect(raw).not.toMatch(/^reply-to/im);
    });

    it.each<[string, Partial<NewMail>]>([
      ['came to another tag', { envelope_recipient: secret }],
      ['has an envelope that is none of ours', { ...bySecret, envelope_recipient: 'scout+x@evil.example' }],
      [
        'has an envelope that is no address',
        { ...bySecret, envelope_recipient: 'scout+a\r\nX: y@agents.test' },
      ],
      ['has an envelope without tag', { ...bySecret, envelope_recipient: 'scout@agents.test' }],
    ])('has no Reply-To where the mail %s', async (_, incoming) => {
      const { headers } = await prepared(incoming, {});
      expect(headers).not.toHaveProperty('reply-to');
    });
  });

  describe('of the host', () => {
    const letter = { heading: 'Done', blocks: [] };
    const answer = { runId: 'mail', kind: 'command' as const, letter, footer: 'scout' };

    it('goes to the sender alone, and says where to go on', async () => {
      const incoming = {
        ...others(ann),
        secret_address: 'secret-1',
        envelope_recipient: secret,
      };
      const delivery = await hostMail({ ...outbox.deps, workers }, await work(incoming), answer);
      expect(delivery).toMatchObject({ state: 'pending', recipients: JSON.stringify([owner]) });
      const headers = await headersOf(delivery.raw_key);
      expect(headers).toMatchObject({ 'reply-to': `scout <${secret}>`, 'x-loop': 'scout@agents.test' });
      expect(headers).not.toHaveProperty('cc');
    });

    it('does not wait where the agent always asks: the agent has no word in it', async () => {
      await updateAgent(outbox.db, 'scout', { outbound: 'ask' });
      const delivery = await hostMail({ ...outbox.deps, workers }, await work({}), answer);
      expect(delivery.state).toBe('pending');
    });

    it('waits for the owner when the sender is suppressed', async () => {
      await suppressed(owner);
      const delivery = await hostMail({ ...outbox.deps, workers }, await work({}), answer);
      expect(delivery).toMatchObject({
        state: 'awaiting_approval',
        reason_code: 'recipient_suppressed',
        filed: 1,
      });
    });
  });
});
