import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SuppressedRecipient } from './schema/index.ts';
import { liftBounced, listSuppressed, suppress, suppressedAmong, unsuppress } from './suppressions.ts';

const row = (change: Partial<SuppressedRecipient> = {}): SuppressedRecipient => ({
  agent_id: 'scout',
  address: 'ann@example.com',
  code: 'bounced',
  reason: '550 5.1.1 No such user',
  delivery_id: 'd-1',
  created_at: 1,
  ...change,
});

describe('suppressed recipients', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
  });
  afterEach(() => fixture.close());
  const among = async (...addresses: string[]) =>
    (await suppressedAmong(fixture.db, 'scout', addresses)).map(({ address }) => address);

  it('are those of one agent, by their whole address', async () => {
    await suppress(fixture.db, [
      row(),
      row({ address: 'bob+x@example.com' }),
      row({ agent_id: 'other', address: 'eve@example.com' }),
    ]);
    expect(await among('ann@example.com', 'bob+x@example.com')).toEqual([
      'ann@example.com',
      'bob+x@example.com',
    ]);
    expect(await among('ann+x@example.com', 'bob@example.com', 'eve@example.com')).toEqual([]);
    expect(await among()).toEqual([]);
  });

  it('keep their first reason, but a complaint replaces a bounce and never the other way', async () => {
    await suppress(fixture.db, [row()]);
    await suppress(fixture.db, [row({ reason: 'again', created_at: 2 })]);
    expect(await listSuppressed(fixture.db, 'scout')).toEqual([row()]);
    const complaint = row({ code: 'complained', reason: 'complained (abuse)', delivery_id: 'd-2' });
    await suppress(fixture.db, [complaint]);
    await suppress(fixture.db, [row({ created_at: 9 })]);
    await suppress(fixture.db, [row({ code: 'complained', reason: 'complained (fraud)' })]);
    expect(await listSuppressed(fixture.db, 'scout')).toEqual([complaint]);
  });

  it('are listed newest first, of one agent or of all', async () => {
    await suppress(fixture.db, [
      row({ created_at: 1 }),
      row({ address: 'new@example.com', created_at: 3 }),
      row({ agent_id: 'other', created_at: 2 }),
    ]);
    const list = async (agentId: string | null) =>
      (await listSuppressed(fixture.db, agentId)).map((one) => `${one.agent_id} ${one.address}`);
    expect(await list(null)).toEqual([
      'scout new@example.com',
      'other ann@example.com',
      'scout ann@example.com',
    ]);
    expect(await list('other')).toEqual(['other ann@example.com']);
  });

  it('can be written to again once the owner says so', async () => {
    await suppress(fixture.db, [row({ code: 'complained' }), row({ agent_id: 'other' })]);
    expect(await unsuppress(fixture.db, 'scout', 'ann@example.com')).toBe(true);
    expect(await unsuppress(fixture.db, 'scout', 'ann@example.com')).toBe(false);
    expect(await listSuppressed(fixture.db, null)).toHaveLength(1);
  });

  it('are lifted by a sign of life, but for who complained', async () => {
    await suppress(fixture.db, [row(), row({ address: 'bob@example.com', code: 'complained' })]);
    expect(await liftBounced(fixture.db, 'scout', 'ann@example.com')).toBe(true);
    expect(await liftBounced(fixture.db, 'scout', 'bob@example.com')).toBe(false);
    expect(await liftBounced(fixture.db, 'other', 'bob@example.com')).toBe(false);
    expect(await among('ann@example.com', 'bob@example.com')).toEqual(['bob@example.com']);
  });
});
