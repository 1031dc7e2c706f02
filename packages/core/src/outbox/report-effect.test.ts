import { describe, expect, it } from 'vitest';
import type { MailReport, ReportedRecipient } from '../admission/report.ts';
import { hardRefusals, type ReportedDelivery, reportEffect, suppressedReason } from './report-effect.ts';

const ann = 'ann@example.com';
const bob = 'bob@example.com';
const delivery = (change: Partial<ReportedDelivery> = {}): ReportedDelivery => ({
  state: 'sent',
  recipients: [ann, bob],
  reason: null,
  ...change,
});
const outcome = (change: Partial<ReportedRecipient> = {}): ReportedRecipient => ({
  addresses: [ann],
  action: 'failed',
  status: '5.1.1',
  diagnostic: '550 5.1.1 No such user.',
  ...change,
});
const report = (...recipients: ReportedRecipient[]): MailReport => ({
  kind: 'delivery',
  recipients,
  messageIds: [],
});
const feedback = (feedbackType: string, ...recipients: string[]): MailReport => ({
  kind: 'feedback',
  feedbackType,
  mailFrom: null,
  recipients,
  messageIds: [],
});
const annIsGone = { address: ann, code: 'bounced', reason: '550 5.1.1 No such user.' };

describe('a report of a failure', () => {
  it('makes the delivery bounced, says why, and suppresses whose mailbox is not there', () => {
    expect(reportEffect(report(outcome()), delivery())).toEqual({
      bounced: true,
      reason: 'ann@example.com: 550 5.1.1 No such user.',
      suppressed: [annIsGone],
      summary: 'ann@example.com: 550 5.1.1 No such user.',
    });
  });

  it('suppresses nobody for a full mailbox', () => {
    const full = outcome({ status: '5.2.2', diagnostic: 'Mailbox full' });
    expect(reportEffect(report(full), delivery())).toMatchObject({
      bounced: true,
      reason: 'ann@example.com: 5.2.2 Mailbox full.',
      suppressed: [],
    });
  });

  it('suppresses nobody whose mail is only late, went on, or ran out of time', () => {
    for (const action of ['delayed', 'relayed', 'expanded', 'delivered'] as const) {
      expect(reportEffect(report(outcome({ action })), delivery())).toMatchObject({
        bounced: false,
        suppressed: [],
      });
    }
    const expired = report(outcome({ dead: false }));
    expect(reportEffect(expired, delivery())).toMatchObject({ bounced: true, suppressed: [] });
  });

  it('tells each recipient’s own outcome', () => {
    const late = outcome({ addresses: [bob], action: 'delayed', status: '4.4.1', diagnostic: 'Timed out' });
    expect(reportEffect(report(late, outcome()), delivery())).toMatchObject({
      bounced: true,
      suppressed: [annIsGone],
    });
  });

  it('names the recipient by whichever of its addresses we wrote to', () => {
    const forwarded = outcome({ addresses: ['ann@elsewhere.example', 'Ann@Example.com'] });
    expect(reportEffect(report(forwarded), delivery())?.suppressed).toEqual([annIsGone]);
  });

  it('adds to what was known of others, and says nothing twice', () => {
    const before = delivery({ state: 'bounced', reason: 'bob@example.com: 5.2.2 Full.' });
    const effect = reportEffect(report(outcome()), before);
    expect(effect?.reason).toBe('bob@example.com: 5.2.2 Full. ann@example.com: 550 5.1.1 No such user.');
    const after = delivery({ state: 'bounced', reason: effect?.reason ?? '' });
    expect(reportEffect(report(outcome()), after)).toMatchObject({ reason: null, suppressed: [] });
  });

  it('takes one address at the end of another for two', () => {
    const reason = 'joann@example.com: 550 5.1.1 No such user.';
    const before = delivery({ state: 'bounced', recipients: [ann, 'joann@example.com'], reason });
    expect(reportEffect(report(outcome()), before)?.reason).toContain(' ann@example.com: 550');
  });

  it.each(['sending', 'uncertain'] as const)('ends the doubt of one that is %s', (state) => {
    const reason = 'It may or may not have been sent.';
    expect(reportEffect(report(outcome()), delivery({ state, reason }))).toMatchObject({
      bounced: true,
      reason: 'ann@example.com: 550 5.1.1 No such user.',
    });
  });

  it('counts again after the mail was sent again', () => {
    const { reason } = reportEffect(report(outcome()), delivery()) ?? {};
    expect(reportEffect(report(outcome()), delivery({ state: 'sent', reason: reason ?? '' }))).toMatchObject({
      bounced: true,
      reason,
      suppressed: [annIsGone],
    });
  });
});

describe('a report that is no failure', () => {
  it('notes a delay and leaves the state', () => {
    const late = outcome({ action: 'delayed', status: '4.4.1', diagnostic: '' });
    expect(reportEffect(report(late), delivery())).toEqual({
      bounced: false,
      reason: 'ann@example.com: delayed, 4.4.1.',
      suppressed: [],
      summary: 'ann@example.com: delayed, 4.4.1.',
    });
    const uncertain = delivery({ state: 'uncertain', reason: 'The connection broke' });
    expect(reportEffect(report(late), uncertain)?.reason).toBe(
      'The connection broke. ann@example.com: delayed, 4.4.1.',
    );
  });

  it.each(['delivered', 'relayed', 'expanded'] as const)(
    'tells that it was %s, and changes nothing',
    (action) => {
      const fine = outcome({ action, status: '2.0.0', diagnostic: '' });
      expect(reportEffect(report(fine), delivery())).toEqual({
        bounced: false,
        reason: null,
        suppressed: [],
        summary: `ann@example.com: ${action}, 2.0.0.`,
      });
    },
  );
});

describe('feedback', () => {
  it('suppresses who complained, and leaves the state', () => {
    expect(reportEffect(feedback('abuse', ann), delivery())).toEqual({
      bounced: false,
      reason: 'ann@example.com: complained (abuse).',
      suppressed: [{ address: ann, code: 'complained', reason: 'complained (abuse)' }],
      summary: 'ann@example.com: complained (abuse).',
    });
  });

  it('without a name is that of the only recipient', () => {
    const one = delivery({ recipients: [bob] });
    expect(reportEffect(feedback('abuse'), one)?.suppressed).toMatchObject([{ address: bob }]);
    expect(reportEffect(feedback('abuse', 'redacted@example.net'), one)?.suppressed).toMatchObject([
      { address: bob },
    ]);
  });

  it('without a name is nobody’s where there were several recipients', () => {
    expect(reportEffect(feedback('abuse'), delivery())).toMatchObject({
      reason: 'One of the recipients complained (abuse).',
      suppressed: [],
    });
  });

  it.each(['not-spam', 'auth-failure', 'other'])('of type %s is no complaint', (type) => {
    expect(reportEffect(feedback(type, ann), delivery())).toMatchObject({ reason: null, suppressed: [] });
  });
});

describe('hardRefusals', () => {
  it('are the recipients whose mailbox is not there', () => {
    const refused = [
      { address: 'Ann@Example.com', reason: '550 5.1.1 No such user' },
      { address: bob, reason: '552 5.2.2 Mailbox full' },
    ];
    expect(hardRefusals(refused, [ann, bob])).toEqual([
      { address: ann, code: 'bounced', reason: '550 5.1.1 No such user' },
    ]);
    expect(hardRefusals(refused, [bob])).toEqual([]);
  });
});

describe('suppressedReason', () => {
  it('says it of each', () => {
    const reason = suppressedReason([
      { address: ann, code: 'bounced', reason: '550 5.1.1 No such user.' },
      { address: bob, code: 'complained', reason: 'complained (abuse)' },
    ]);
    expect(reason).toBe(
      'Mail to ann@example.com came back: 550 5.1.1 No such user. bob@example.com complained (abuse).',
    );
  });
});
