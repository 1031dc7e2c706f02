/** What servers get wrong in the fields of a delivery status (RFC 3464), and what is made of it. */
import { describe, expect, it } from 'vitest';
import { readDeliveryStatus } from './delivery-status.ts';

const recipientsOf = (...lines: string[]) => readDeliveryStatus(lines.join('\r\n')).recipients;
const bob = 'Final-Recipient: rfc822; bob@example.com';

describe('readDeliveryStatus', () => {
  it.each<[string, string[]]>([
    ['mixed case', ['FINAL-recipient : RFC822 ; Bob@Example.COM', 'ACTION: Failed', 'status: 5.1.1']],
    [
      'comments',
      [`${bob} (Bob)`, 'Action: (for good) failed (really)', 'Status: (as 5.7.1 is not) 5.1.1 (no mailbox)'],
    ],
    ['brackets', ['Final-Recipient: rfc822; <bob@example.com>', 'Action: failed', 'Status: 5.1.1']],
    ['no address type', ['Final-Recipient: bob@example.com', 'Action: failed', 'Status: 5.1.1']],
    [
      'an address type of its own',
      ['Final-Recipient: X-Local; bob@example.com', 'Action: failed', 'Status: 5.1.1'],
    ],
    ['no action', [bob, 'Status: 5.1.1']],
    ['an action of its own', [bob, 'Action: bounced', 'Status: 5.1.1']],
    ['a fold', ['Final-Recipient:', '\trfc822;', ' bob@example.com', 'Action: failed', 'Status:', ' 5.1.1']],
    ['doubled fields', [bob, 'Action: failed', 'Status: 5.1.1', 'Action: delayed', 'Status: 4.0.0']],
    [
      'no blank line after the message’s own fields',
      ['Reporting-MTA: dns; mx', bob, 'Action: failed', 'Status: 5.1.1'],
    ],
    [
      'blank lines of white space',
      ['Reporting-MTA: dns; mx', ' \t', bob, 'Action: failed', 'Status: 5.1.1', ' '],
    ],
    ['blank lines at the start', ['', '', bob, 'Action: failed', 'Status: 5.1.1']],
  ])('takes %s', (_, lines) => {
    expect(recipientsOf(...lines)).toEqual([
      { addresses: ['bob@example.com'], action: 'failed', status: '5.1.1', diagnostic: '' },
    ]);
  });

  it('keeps apart recipients between whom the blank line is missing', () => {
    const lines = ['ann', 'bob', 'eve'].flatMap((name, at) => [
      `Original-Recipient: rfc822; ${name}@example.com`,
      `Final-Recipient: rfc822; ${name}@inner.example.com`,
      'Action: failed',
      `Status: 5.1.${at + 1}`,
    ]);
    expect(recipientsOf(...lines)).toMatchObject([
      { addresses: ['ann@example.com', 'ann@inner.example.com'], status: '5.1.1' },
      { addresses: ['bob@example.com', 'bob@inner.example.com'], status: '5.1.2' },
      { addresses: ['eve@example.com', 'eve@inner.example.com'], status: '5.1.3' },
    ]);
  });

  it.each([
    [
      'Original-Recipient before Final-Recipient',
      'rfc822; bob@example.com',
      'rfc822; bob@inner.example.com',
      ['bob@example.com', 'bob@inner.example.com'],
    ],
    [
      'one that is twice the same once',
      'rfc822; Bob@example.com',
      'rfc822; bob@example.com',
      ['bob@example.com'],
    ],
    [
      'one that is still encoded both ways',
      'rfc822; bob+2Bnews@example.com',
      'rfc822; bob@example.com',
      ['bob+2bnews@example.com', 'bob+news@example.com', 'bob@example.com'],
    ],
    [
      'an international one decoded',
      'utf-8; J\\x{FC}rgen\\x{2B}a@example.com',
      'rfc822; x@example.com',
      ['jürgen+a@example.com', 'x@example.com'],
    ],
    [
      'only the mail address where the other is of another system',
      'x400; bob@gateway.example.com',
      'rfc822; bob@example.com',
      ['bob@example.com'],
    ],
    [
      'only the canonical where the other is none',
      'rfc822; unknown',
      'rfc822; bob@example.com',
      ['bob@example.com'],
    ],
    [
      'what stands there where none is canonical',
      'rfc822; "b b"@example.com',
      'rfc822; b\u00fc\u0007b',
      ['"b b"@example.com'],
    ],
  ])('gives %s', (_, original, final, addresses) => {
    const fields = [`Original-Recipient: ${original}`, `Final-Recipient: ${final}`, 'Action: failed'];
    expect(recipientsOf(...fields)).toMatchObject([{ addresses }]);
  });

  it('reads the class of the status where the action is missing', () => {
    const actionOf = (status: string) => recipientsOf(bob, `Status: ${status}`)[0]?.action;
    expect(['5.0.0', '4.0.0', '2.0.0', 'none'].map(actionOf)).toEqual([
      'failed',
      'delayed',
      'delivered',
      undefined,
    ]);
  });

  it('puts a folded diagnostic on one line, also where its lines are not indented', () => {
    const lines = [
      bob,
      'Action: failed',
      'Diagnostic-Code: smtp; 550-first',
      '  550-second\tpart',
      '550 third line',
      'Status: 5.1.1',
    ];
    expect(recipientsOf(...lines)).toMatchObject([
      { diagnostic: '550-first 550-second part 550 third line', status: '5.1.1' },
    ]);
  });

  it('keeps the type of a diagnostic that no SMTP server said', () => {
    const lines = [bob, 'Action: failed', 'Diagnostic-Code: X-Unix; 67'];
    expect(recipientsOf(...lines)).toMatchObject([{ diagnostic: 'X-Unix; 67' }]);
  });

  it('leaves out a recipient without address', () => {
    expect(recipientsOf('Action: failed', 'Status: 5.1.1')).toEqual([]);
    expect(recipientsOf('Final-Recipient: rfc822;', 'Action: failed')).toEqual([]);
  });
});
