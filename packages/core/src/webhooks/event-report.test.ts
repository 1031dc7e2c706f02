/** A provider's word has the same consequences as a report by mail. */
import { describe, expect, it } from 'vitest';
import { reportEffect } from '../outbox/report-effect.ts';
import { eventReport } from './event-report.ts';
import type { DeliveryEvent } from './provider-event.ts';

const ann = 'ann@example.com';
const bob = 'bob@example.com';
const effect = (change: Partial<DeliveryEvent>, recipients = [ann]) => {
  const event: DeliveryEvent = {
    kind: 'delivery',
    mailId: 'm',
    happened: 'failed',
    recipients: [ann],
    from: null,
    messageId: null,
    diagnostic: '',
    dead: null,
    at: null,
    ...change,
  };
  const report = eventReport(event, recipients);
  return report && reportEffect(report, { state: 'sent', recipients, reason: null });
};

describe('what follows from a event', () => {
  it.each(['sent', 'delivered'] as const)('nothing from %s', (happened) =>
    expect(effect({ happened })).toBeNull(),
  );

  it('only a reason from a delay', () => {
    expect(effect({ happened: 'delayed', diagnostic: 'mailbox full' })).toMatchObject({
      bounced: false,
      reason: 'ann@example.com: delayed, mailbox full.',
      suppressed: [],
    });
  });

  it('a bounce, and a suppression where the provider knows that the address is dead', () => {
    expect(effect({ dead: true })).toMatchObject({
      bounced: true,
      suppressed: [{ address: ann, code: 'bounced' }],
    });
    expect(effect({ dead: false, diagnostic: '550 5.1.1 no such user' })).toMatchObject({
      bounced: true,
      suppressed: [],
    });
  });

  it('what the refusing server said counts where the provider does not say', () => {
    expect(effect({ diagnostic: '550 5.1.1 no such user' })?.suppressed).toHaveLength(1);
    expect(effect({ diagnostic: '552 5.2.2 mailbox full' })?.suppressed).toEqual([]);
  });

  it('nobody is written off where it is not told who of several', () => {
    const several = effect({ recipients: [ann, bob], dead: true, diagnostic: '550 5.1.1 no such user' }, [
      ann,
      bob,
    ]);
    expect(several).toMatchObject({ bounced: true, suppressed: [] });
    expect(several?.reason).toContain('one of the recipients');
    expect(effect({ recipients: [], diagnostic: '5.1.1' }, [ann, bob])?.suppressed).toEqual([]);
    expect(effect({ happened: 'complained', recipients: [ann, bob] }, [ann, bob])?.suppressed).toEqual([]);
  });

  it('a complaint stops mail to whoever complained', () => {
    expect(effect({ happened: 'complained' })).toMatchObject({
      bounced: false,
      suppressed: [{ address: ann, code: 'complained' }],
    });
  });

  it('nothing for people whom the mail did not go to', () => {
    expect(effect({ recipients: ['eve@evil.example'], dead: true })).toBeNull();
    // A mail with one recipient is theirs, whatever the name in a complaint.
    expect(effect({ recipients: [`Ann <${ann}>`], dead: true })).toMatchObject({ bounced: true });
  });
});
