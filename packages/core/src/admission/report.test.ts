import { describe, expect, it } from 'vitest';
import { enhancedStatus, isComplaint, isHardBounce } from './report.ts';

describe('isHardBounce', () => {
  it.each<[string, string | null, string]>([
    ['no such mailbox', '5.1.1', '550 5.1.1 <bob@example.com>: Recipient address rejected'],
    ['no such domain', '5.1.2', ''],
    ['not an address', '5.1.3', '501 5.1.3 Bad recipient address syntax'],
    ['an ambiguous address', '5.1.4', ''],
    ['a mailbox that moved', '5.1.6', '551 5.1.6 Gone away'],
    ['a null MX', '5.1.10', '556 5.1.10 Recipient address has null MX'],
    [
      'an Exchange mailbox that is not there',
      '5.1.10',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found',
    ],
    ['a disabled mailbox', '5.2.1', '550 5.2.1 The account is inactive'],
    ['a bare 5.0.0 whose reply is exact', '5.0.0', '550 5.1.1 user unknown'],
    ['no status at all', null, '550 5.1.1 user unknown'],
    ['no code at all', null, 'Unrouteable address'],
    ['a bare reply with words', null, '550 No such user here'],
    ['a bare reply under a bare status', '5.0.0', '550 <bob@example.com>: User unknown'],
    ['an apostrophe', null, "554 This user doesn't exist"],
    ['a multi-line reply', null, '550-5.1.1 The account does not exist. 550 5.1.1 Try double-checking'],
    ['Outlook.com', '5.5.0', '550 5.5.0 Requested action not taken: mailbox unavailable'],
    ['Exchange Online', '5.4.1', '550 5.4.1 Recipient address rejected: Access denied.'],
    ['a domain that is not there, by Postfix', '5.4.4', 'Host or domain name not found. Name service error'],
    [
      'a domain that is not there, by Exchange',
      null,
      '550 5.4.310 DNS domain example.test does not exist, domain not found',
    ],
    ['a mailbox in a domain called full', '5.0.0', '550 bob@full.example.com: user unknown'],
  ])('is: %s', (_, status, diagnostic) => expect(isHardBounce(status, diagnostic)).toBe(true));

  it.each<[string, string | null, string]>([
    ['policy', '5.7.1', '550 5.7.1 Message refused'],
    ['spam under a bare status', '5.0.0', '554 5.7.1 Blocked'],
    ['a full mailbox', '5.2.2', '552 5.2.2 Mailbox full'],
    ['a message too long for the mailbox', '5.2.3', ''],
    ['a message too big for the system', '5.3.4', '552 5.3.4 Message too big'],
    ['a loop', '5.4.6', '554 5.4.6 Too many hops'],
    ['time that ran out', '4.4.7', 'delivery temporarily suspended: connection timed out'],
    ['time that ran out, told as permanent', '5.4.7', 'Message expired'],
    ['a temporary reply under no status', null, '450 Mailbox not found, try later'],
    ['a temporary code that names the address', '4.1.1', '450 4.1.1 user unknown'],
    ['an exact status that the reply contradicts', '5.1.1', '550 5.7.1 Message contains spam'],
    ['a 550 for spam, reported as 5.1.1', '5.1.1', '550 Mail from your network is blocked'],
    ['a sender that does not exist', '5.0.0', '550 Sender address rejected: Domain does not exist'],
    ['no route for another reason', '5.4.4', '554 5.4.4 Unable to route'],
    ['refused access under 5.7.1', '5.7.1', '554 5.7.1 Recipient address rejected: Access denied'],
    ['a bare 550', null, '550 Rejected'],
    ['nothing said', null, ''],
    ['a code that nobody registered', '5.1.99', 'user unknown'],
    ['an IP address that looks like a code', null, 'Connection to 192.5.1.1 refused'],
    ['words beyond what is looked at', null, `550 ${'x '.repeat(2000)} user unknown`],
  ])('is not: %s', (_, status, diagnostic) => expect(isHardBounce(status, diagnostic)).toBe(false));

  it('costs little on a text without end', () => {
    const started = process.cpuUsage();
    for (const unit of ['5.1.', '550-', 'a.', ' ', '@']) isHardBounce(null, unit.repeat(5_000_000));
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  });
});

describe('enhancedStatus', () => {
  it.each([
    ['5.1.1', '5.1.1'],
    ['550 5.1.1 no', '5.1.1'],
    ['(#5.1.1)', '5.1.1'],
    ['550-5.1.10.', '5.1.10'],
    ['5.1.01', '5.1.1'],
    ['from 10.4.2.1: 4.2.2 full', '4.2.2'],
  ])('finds the code in %s', (text, code) => expect(enhancedStatus(text)).toBe(code));

  it.each(['', '550', '5.1', '3.1.1', '192.0.2.1', '5.1.1.7', 'Exim 4.97.1', '15.1.1', '5.1.1234'])(
    'finds none in %j',
    (text) => expect(enhancedStatus(text)).toBeNull(),
  );
});

describe('isComplaint', () => {
  it.each(['abuse', 'Fraud', 'virus', 'opt-out'])('takes %s for one', (type) =>
    expect(isComplaint(type)).toBe(true),
  );
  it.each(['not-spam', 'auth-failure', 'other', ''])('does not take %j for one', (type) =>
    expect(isComplaint(type)).toBe(false),
  );
});
