/** What answers a note on a rejected mail goes where that mail was to go, by addresses of the host alone. */
import { agentById, type Delivery, mailById, type NewMail, setMailState } from '@tinyfat/database';
import { noteRow } from '@tinyfat/intake';
import type { OutgoingMail } from '@tinyfat/mail';
import { mailWorkers } from '@tinyfat/mail/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rewritingSession } from '../mails/rewriting.ts';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { prepareDelivery } from './prepare.ts';

const OWNER = 'owner@example.com';
const ANN = 'ann@team.example';
const EVE = 'eve@else.example';
const FOOTER = '[scout:b0a2 | ↑38 | claude-haiku-4-5]';

let workers: ReturnType<typeof mailWorkers>;
beforeAll(() => {
  workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'agents.test', authservIds: [] });
});
afterAll(() => workers.close());

describe('a mail that is written anew', () => {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await openOutbox();
    await outbox.mail('asked', { sender: ANN, sender_base: ANN, thread_references: '<first@example.com>' });
    await outbox.db.updateTable('runs').set({ session_id: 'session-of-ann' }).execute();
  });
  afterEach(() => outbox.close());

  const REJECTED: OutgoingMail = {
    messageId: '<rejected@agents.test>',
    from: { address: 'scout@agents.test', name: 'scout' },
    to: [{ address: ANN, name: 'Ann' }],
    cc: [{ address: EVE, name: '' }],
    replyTo: null,
    subject: 'Re: Hello',
    date: 1,
    inReplyTo: '<asked@example.com>',
    references: ['<first@example.com>', '<asked@example.com>'],
    body: 'Rude.',
    footer: FOOTER,
    autoSubmitted: 'auto-replied',
    attachments: [],
  };

  /** The work of a note on a rejected mail; gives the mail that its turn leads to. */
  async function rewrite(kind: Delivery['kind'], change: Partial<OutgoingMail>, file: object) {
    const composed = await workers.compose({ ...REJECTED, ...change });
    if (!composed.ok) throw new Error(composed.reason);
    const rejected = await outbox.delivery('asked', { kind, state: 'rejected' });
    await outbox.deps.rawMail.put(rejected.raw_key, composed.raw);
    const [asked, agent] = [await mailById(outbox.db, 'asked'), await agentById(outbox.db, 'scout')];
    if (!asked || !agent) throw new Error('no rows');
    const note: NewMail = noteRow({
      id: 'note',
      at: 2,
      agent,
      agentAddress: 'scout@agents.test',
      delivery: rejected,
      thread: asked,
      messageId: '<note@agents.test>',
      subject: 'Write it anew: Re: Hello',
      rawKey: 'note',
      rawBytes: 1,
    });
    await outbox.mail('note', note);
    const mail = await mailById(outbox.db, 'note');
    if (!mail) throw new Error('no note');
    outbox.write('email', 'note.json', JSON.stringify(file));
    const deps = { ...outbox.deps, workers };
    const source = { runId: 'note', footer: FOOTER, file: 'note.json', known: [] };
    const delivery = await prepareDelivery(deps, { agent, mail }, source);
    if (!delivery) throw new Error('known already');
    const read = await workers.readComposed(await outbox.deps.rawMail.get(delivery.raw_key));
    if (!read.ok) throw new Error(read.reason);
    return { delivery, content: read.mail, mail };
  }

  it('as an answer goes to the people of the rejected one, in its thread, and waits as that did', async () => {
    const { delivery, content, mail } = await rewrite('reply', {}, { body: 'Kind.' });
    expect(delivery).toMatchObject({ kind: 'reply', state: 'awaiting_approval', mail_id: 'note' });
    expect(JSON.parse(delivery.recipients)).toEqual([ANN, EVE]);
    expect(content).toMatchObject({
      to: REJECTED.to,
      cc: REJECTED.cc,
      subject: 'Re: Hello',
      inReplyTo: REJECTED.inReplyTo,
      references: REJECTED.references,
      autoSubmitted: 'auto-replied',
      text: `Kind.\n\n---\n${FOOTER}`,
    });
    expect(mail).toMatchObject({ sender: OWNER, answers_for: 'asked' });
    expect(await rewritingSession(outbox.deps, mail)).toBe('session-of-ann');
  });

  it('as an answer knows who had written in the first place', async () => {
    const { delivery } = await rewrite('reply', { cc: [] }, { body: 'Kind.' });
    expect(delivery.state).toBe('pending');
  });

  it('to others has no footer of ours and a thread of its own, as before', async () => {
    const other = { to: [{ address: EVE, name: '' }], cc: [], inReplyTo: null, references: [], footer: null };
    const { delivery, content, mail } = await rewrite(
      'mail',
      { ...other, subject: 'Invoice', autoSubmitted: 'auto-generated' },
      { body: 'Kind.', cc: [ANN], subject: 'Invoice 7' },
    );
    expect(JSON.parse(delivery.recipients)).toEqual([EVE]);
    expect(content).toMatchObject({ subject: 'Invoice 7', inReplyTo: null, references: [], text: 'Kind.' });
    expect(mail.answers_for).toBeNull();
  });

  it('fails with the reason where the rejected one is no longer stored, and holds up nothing', async () => {
    await rewrite('reply', {}, { body: 'Kind.' });
    await outbox.db.updateTable('deliveries').set({ raw_removed_at: 3 }).execute();
    const [agent, mail] = [await agentById(outbox.db, 'scout'), await mailById(outbox.db, 'note')];
    if (!agent || !mail) throw new Error('no rows');
    const source = { runId: 'note', footer: FOOTER, file: 'note.json', known: [] };
    const deps = { ...outbox.deps, workers };
    expect(await prepareDelivery(deps, { agent, mail }, source)).toMatchObject({
      kind: 'reply',
      state: 'failed',
      reason: expect.stringContaining('no longer stored'),
    });
  });

  it('leaves what the agent addresses itself as it is', async () => {
    const { delivery } = await rewrite('reply', {}, { to: [OWNER], subject: 'A question', body: 'Why?' });
    expect(JSON.parse(delivery.recipients)).toEqual([OWNER]);
  });

  it('takes the mail that it answers for along, through every note', async () => {
    await rewrite('reply', {}, { body: 'Kind.' });
    await outbox.mail('second', { answers_for: 'note' });
    await setMailState(outbox.db, 'second', 'replied', 'The agent answered.');
    const states = await outbox.db.selectFrom('mails').select(['id', 'state']).orderBy('id').execute();
    expect(states).toEqual(['asked', 'note', 'second'].map((id) => ({ id, state: 'replied' })));
  });
});
