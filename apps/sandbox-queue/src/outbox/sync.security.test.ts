/** The agent owns its outbox: whatever it does there, the row is the truth, and nobody else's mail suffers. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyReport, deliveryById, type NewDelivery } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { syncDelivery, syncOutbox } from './sync.ts';

describe('an agent that meddles with its records', () => {
  let outbox: Outbox;
  let delivery: NewDelivery;
  beforeEach(async () => {
    outbox = await openOutbox();
    await outbox.mail('reply');
    outbox.write('email', 'reply.json', '{"body":"Pong.","status":"pending"}');
    delivery = await outbox.delivery('reply', { filed: 0 });
    await syncDelivery(outbox.deps, delivery.id);
    const recipients = [
      { addresses: ['owner@example.com'], action: 'failed' as const, status: '5.1.1', diagnostic: '' },
    ];
    const report = { kind: 'delivery' as const, recipients, messageIds: [delivery.message_id] };
    await outbox.db.transaction().execute((tx) => applyReport(tx, { agentId: 'scout', report, now: 100 }));
  });
  afterEach(() => outbox.close());

  const fromTheRowAlone = (name = 'reply.json') =>
    expect(outbox.read('failed', name)).toEqual({
      to: ['owner@example.com'],
      subject: 'Re: Hello',
      status: 'failed',
      error: expect.stringContaining('5.1.1'),
      failed_at: '2026-11-22T00:00:00.000Z',
      delivery: delivery.id,
    });

  it('by removing it gets one from the row alone', async () => {
    rmSync(join(outbox.root, 'sent', 'reply.json'));
    await syncOutbox(outbox.deps);
    fromTheRowAlone();
  });

  it.each(['{"body":"forged","message_id":"<other@agents.test>"}', 'no JSON', '[]', ''])(
    'by changing it to %j gets one from the row alone, and keeps its own',
    async (text) => {
      outbox.write('sent', 'reply.json', text);
      await syncOutbox(outbox.deps);
      fromTheRowAlone();
      expect(outbox.names('sent')).toEqual(['reply.json']);
    },
  );

  it.each(['link', 'folder'])('by putting a %s in its place gets one from the row alone', async (kind) => {
    const path = join(outbox.root, 'sent', 'reply.json');
    const secret = join(outbox.folder, 'secret.json');
    writeFileSync(secret, JSON.stringify({ body: 'TOP SECRET', message_id: delivery.message_id }));
    rmSync(path);
    if (kind === 'link') symlinkSync(secret, path);
    else mkdirSync(path);
    await syncOutbox(outbox.deps);
    fromTheRowAlone();
  });

  it('by planting a link where the record goes, changes nothing outside', async () => {
    const outside = join(outbox.folder, 'outside.json');
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, join(outbox.root, 'failed', 'reply.json'));
    await syncOutbox(outbox.deps);
    expect(outbox.read('failed', `reply-${delivery.id}.json`).body).toBe('Pong.');
    expect(readFileSync(outside, 'utf8')).toBe('untouched');
  });

  it('by spoiling its folder keeps no other mail from being filed', async () => {
    rmSync(join(outbox.root, 'failed'), { recursive: true });
    symlinkSync(outbox.folder, join(outbox.root, 'failed'));
    await outbox.mail('next');
    outbox.write('email', 'next.json', '{"body":"Next."}');
    const next = await outbox.delivery('next', { filed: 0 });
    await syncOutbox(outbox.deps);
    expect(await deliveryById(outbox.db, delivery.id)).toMatchObject({ filed: 0 });
    expect(await deliveryById(outbox.db, next.id)).toMatchObject({ filed: 1 });
    expect(outbox.names('sent')).toContain('next.json');
    expect(outbox.logged.map(([event]) => event)).toEqual(['delivery_not_filed']);
  });
});
