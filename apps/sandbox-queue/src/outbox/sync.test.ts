import {
  applyReport,
  type Delivery,
  deliveryById,
  type NewDelivery,
  requeueDelivery,
} from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { syncDelivery, syncOutbox } from './sync.ts';

const text = '{"body":"Pong.","log":"[scout]","status":"pending"}';

describe('the file of a delivery', () => {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await openOutbox();
    await outbox.mail('reply');
  });
  afterEach(() => outbox.close());

  const row = async (id: string): Promise<Delivery> => {
    const delivery = await deliveryById(outbox.db, id);
    if (!delivery) throw new Error(`no delivery ${id}`);
    return delivery;
  };
  const change = (id: string, values: Partial<Delivery>) =>
    outbox.db.updateTable('deliveries').set(values).where('id', '=', id).execute();
  const bounce = (delivery: NewDelivery, address = 'owner@example.com') => {
    const recipients = [
      { addresses: [address], action: 'failed' as const, status: '5.1.1', diagnostic: 'No such user' },
    ];
    const report = { kind: 'delivery' as const, recipients, messageIds: [delivery.message_id] };
    return outbox.db.transaction().execute((tx) => applyReport(tx, { agentId: 'scout', report, now: 100 }));
  };
  /** A mail that was sent and filed. */
  const sentMail = async (more: Partial<NewDelivery> = {}) => {
    outbox.write('email', 'reply.json', text);
    const delivery = await outbox.delivery('reply', { filed: 0, ...more });
    await syncDelivery(outbox.deps, delivery.id);
    return delivery;
  };

  it('goes to sent/ with how it left', async () => {
    const { id, message_id } = await sentMail();
    expect([outbox.names('email'), outbox.names('sent'), outbox.names('failed')]).toEqual([
      [],
      ['reply.json'],
      [],
    ]);
    expect(outbox.read('sent', 'reply.json')).toMatchObject({
      body: 'Pong.',
      log: '[scout]',
      status: 'sent',
      provider: 'smtp',
      message_id,
    });
    expect((await row(id)).filed).toBe(1);
  });

  it('moves to failed/ when the mail comes back, with what the agent wrote and what to do', async () => {
    const delivery = await sentMail();
    await bounce(delivery);
    await syncOutbox(outbox.deps);
    expect(outbox.names('sent')).toEqual([]);
    expect(outbox.names('failed')).toEqual(['reply.json']);
    expect(outbox.read('failed', 'reply.json')).toEqual({
      body: 'Pong.',
      log: '[scout]',
      status: 'failed',
      error: expect.stringContaining(`owner@example.com: 5.1.1 No such user.`),
      failed_at: '2026-11-22T00:00:00.000Z',
      delivery: delivery.id,
    });
    expect(outbox.read('failed', 'reply.json').error).toContain(`tinyfat outbox retry ${delivery.id}`);
    expect((await row(delivery.id)).filed).toBe(1);
  });

  it('comes back to sent/ when the mail is sent again', async () => {
    const delivery = await sentMail();
    await bounce(delivery);
    await syncOutbox(outbox.deps);
    await requeueDelivery(outbox.db, delivery.id, ['bounced'], 200);
    await syncOutbox(outbox.deps);
    expect(outbox.names('failed')).toEqual(['reply.json']);
    await change(delivery.id, { state: 'sent', sent_at: Date.UTC(2026, 10, 23) });
    await syncOutbox(outbox.deps);
    expect([outbox.names('sent'), outbox.names('failed')]).toEqual([['reply.json'], []]);
    expect(outbox.read('sent', 'reply.json')).toMatchObject({
      body: 'Pong.',
      status: 'sent',
      sent_at: '2026-11-23T00:00:00.000Z',
    });
    expect(outbox.read('sent', 'reply.json')).not.toHaveProperty('error');
  });

  it.each(['sent', 'failed', 'awaiting_approval', 'uncertain', 'bounced'] as const)(
    'of a mail that is %s lies in one place, however often it is put there',
    async (state) => {
      const delivery = await sentMail(
        state === 'sent' || state === 'bounced' ? {} : { state, sent_at: null },
      );
      if (state === 'bounced') await bounce(delivery);
      for (let time = 0; time < 3; time += 1) {
        await change(delivery.id, { filed: 0 });
        await syncOutbox(outbox.deps);
      }
      const [folder, other] =
        state === 'sent' ? (['sent', 'failed'] as const) : (['failed', 'sent'] as const);
      expect([outbox.names(folder), outbox.names(other)]).toEqual([['reply.json'], []]);
      expect(outbox.read(folder, 'reply.json').body).toBe('Pong.');
    },
  );

  it('is made whole where a crash left it in both places', async () => {
    const delivery = await sentMail();
    const record = await outbox.deps.folders.read('scout', 'outbox/sent/reply.json', 10_000);
    await bounce(delivery);
    await syncOutbox(outbox.deps);
    if (record.ok) await outbox.deps.folders.write('scout', 'outbox/sent/reply.json', record.bytes);
    await change(delivery.id, { filed: 0 });
    await syncOutbox(outbox.deps);
    expect([outbox.names('sent'), outbox.names('failed')]).toEqual([[], ['reply.json']]);
  });

  it('leaves other mails of its name alone, be they older or new', async () => {
    outbox.write('failed', 'reply.json', '{"body":"older","delivery":"another"}');
    const delivery = await sentMail();
    outbox.write('email', 'reply.json', text);
    await bounce(delivery);
    await syncOutbox(outbox.deps);
    expect(outbox.names('failed')).toEqual([`reply-${delivery.id}.json`, 'reply.json']);
    expect(outbox.read('failed', 'reply.json').body).toBe('older');
    expect(outbox.read('failed', `reply-${delivery.id}.json`).body).toBe('Pong.');
    expect(outbox.names('email')).toEqual(['reply.json']);
  });

  it('goes where a report says that came while it was filed', async () => {
    outbox.write('email', 'reply.json', text);
    const delivery = await outbox.delivery('reply', { filed: 0 });
    let reported = false;
    const folders = {
      ...outbox.deps.folders,
      write: async (agentId: string, path: string, bytes: string | Uint8Array) => {
        if (!reported) {
          reported = true;
          await bounce(delivery);
          await syncOutbox(outbox.deps);
        }
        await outbox.deps.folders.write(agentId, path, bytes);
      },
    };
    await syncDelivery({ ...outbox.deps, folders }, delivery.id);
    expect([outbox.names('sent'), outbox.names('failed')]).toEqual([[], ['reply.json']]);
    expect(outbox.read('failed', 'reply.json').body).toBe('Pong.');
    expect(await row(delivery.id)).toMatchObject({ state: 'bounced', filed: 1 });
  });

  it.each(['pending', 'sending'] as const)('stays while the mail is %s', async (state) => {
    outbox.write('email', 'reply.json', text);
    const { id } = await outbox.delivery('reply', { state, sent_at: null, filed: 0 });
    await syncOutbox(outbox.deps);
    expect(outbox.names('email')).toEqual(['reply.json']);
    expect((await row(id)).filed).toBe(0);
  });
});
