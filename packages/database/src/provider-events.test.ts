/** A provider's news is about the one delivery that it took under that id, and about people who were on it. */
import type { DeliveryEvent, WebhookProvider } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryById } from './deliveries.ts';
import { mailById } from './mails.ts';
import { applyProviderEvent, setProviderMessageId } from './provider-events.ts';
import { listSuppressed } from './suppressions.ts';

const owner = 'owner@example.com';
const news = (happened: DeliveryEvent['happened'], change: Partial<DeliveryEvent> = {}): DeliveryEvent => ({
  kind: 'delivery',
  mailId: 'theirs-1',
  happened,
  recipients: [owner],
  from: 'scout@agents.test',
  messageId: null,
  diagnostic: '550 5.1.1 no such user',
  dead: null,
  at: 77,
  ...change,
});

describe('news of a delivery', () => {
  let fixture: SentMail;
  let id: string;
  beforeEach(async () => {
    fixture = await openSentMail();
    await fixture.mail('m-1', { state: 'replied' });
    id = (await fixture.delivery('m-1', { provider: 'resend', provider_id: 'theirs-1' })).id;
  });
  afterEach(() => fixture.close());
  const apply = (event: DeliveryEvent, provider: WebhookProvider = 'resend') =>
    fixture.db.transaction().execute((tx) => applyProviderEvent(tx, { provider, event, now: 100 }));
  const delivery = () => deliveryById(fixture.db, id);

  it('notes when it was delivered, the first time that is told', async () => {
    expect(await apply(news('delivered'))).toMatchObject({ found: true, changed: false });
    await apply(news('delivered', { at: 99 }));
    expect(await delivery()).toMatchObject({ state: 'sent', delivered_at: 77 });
  });

  it('adds up where it comes about several people at one moment', async () => {
    const people = Array.from({ length: 12 }, (_, at) => `p${at}@example.com`);
    const recipients = JSON.stringify(people);
    await fixture.db.updateTable('deliveries').set({ recipients }).execute();
    await Promise.all(people.map((one) => apply(news('failed', { recipients: [one] }))));
    const reason = (await delivery())?.reason ?? '';
    expect(people.filter((one) => !reason.includes(`${one}: `))).toEqual([]);
  });

  it('learns the Message-ID that it went out with', async () => {
    await apply(news('sent', { messageId: '<theirs@amazonses.com>' }));
    expect(await delivery()).toMatchObject({ provider_message_id: '<theirs@amazonses.com>' });
    const { message_id } = (await delivery()) ?? {};
    await setProviderMessageId(fixture.db, { id, provider_id: 'another' }, '<other@amazonses.com>');
    expect(await delivery()).toMatchObject({ provider_message_id: '<theirs@amazonses.com>', message_id });
  });

  it('that it came back marks it, its mail, and the person for this agent alone', async () => {
    expect(await apply(news('failed'))).toMatchObject({ found: true, changed: true });
    expect(await delivery()).toMatchObject({ state: 'bounced', filed: 0 });
    expect(await mailById(fixture.db, 'm-1')).toMatchObject({ state: 'failed' });
    expect(await listSuppressed(fixture.db, 'scout')).toMatchObject([{ address: owner, code: 'bounced' }]);
    expect(await listSuppressed(fixture.db, 'other')).toEqual([]);
    // What comes late undoes nothing, and what is told twice does nothing twice.
    expect(await apply(news('failed'))).toMatchObject({ changed: false });
    await apply(news('delivered'));
    expect(await delivery()).toMatchObject({ state: 'bounced' });
  });

  it.each([
    ['bounced', { dead: null }],
    ['dead', { dead: true, diagnostic: '' }],
  ] as const)('of a suppressed person counts as the provider says (%s)', async (_what, change) => {
    await apply(news('failed', change));
    expect(await listSuppressed(fixture.db, 'scout')).toHaveLength(1);
  });

  it('that somebody complained stops mail to them', async () => {
    await apply(news('complained'));
    expect(await listSuppressed(fixture.db, 'scout')).toMatchObject([{ address: owner, code: 'complained' }]);
  });

  it('about people who were not on it does nothing to them', async () => {
    await apply(news('failed', { recipients: ['victim@example.net'], dead: true }));
    expect(await listSuppressed(fixture.db, null)).toEqual([]);
    // Who complains is told as the address that forwarded the mail may lead to; it went to one person.
    await apply(news('complained', { recipients: ['victim@example.net'] }));
    expect(await listSuppressed(fixture.db, null)).toMatchObject([{ address: owner }]);
    expect(await delivery()).toMatchObject({ state: 'sent' });
  });

  it('of another provider, or with our own id, is not about it', async () => {
    expect(await apply(news('failed'), 'postmark')).toEqual({ found: false });
    expect(await apply(news('failed', { mailId: id }))).toEqual({ found: false });
    expect(await delivery()).toMatchObject({ state: 'sent' });
  });

  it('waits while the mail is on its way again', async () => {
    await fixture.db.updateTable('deliveries').set({ state: 'sending' }).where('id', '=', id).execute();
    expect(await apply(news('failed'))).toEqual({ found: false });
  });
});
