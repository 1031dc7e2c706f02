/** What servers get wrong in the fields of a delivery status (RFC 3464), and what is made of it. */

import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
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
    [
      'a name before the address',
      ['Final-Recipient: rfc822; Bob B <bob@example.com>', 'Action: failed', 'Status: 5.1.1'],
    ],
    [
      'brackets without a blank',
      ['Final-Recipient: rfc822;<bob@example.com>', 'Action: failed', 'Status: 5.1.1'],
    ],
    [
      'a bracket that is not closed',
      ['Final-Recipient: rfc822;<bob@example.com', 'Action: failed', 'Status: 5.1.1'],
    ],
    ['a first status that is empty', [bob, 'Action: failed', 'Status:', 'Status: 5.1.1']],
    ['a first action that is empty', [bob, 'Action: ', 'Action: failed', 'Status: 5.1.1']],
    ['nested comments', [bob, 'Action: (for (now) good) FAILED (x (y))', 'Status: (5.7.1 (no)) 5.1.1']],
    ['a full stop', [bob, 'Action: Failed.', 'Status: 5.1.1.']],
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
    ['one in quotes', 'rfc822; "bob@example.com"', "rfc822; 'bob@example.com'", ['bob@example.com']],
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

  it.each([...['', ' ', '550', '5', '5.1', 'n/a', '(5.1.1)', '5.1.1.1', '=?x?']])(
    'reads the status of the reply where its own is %j',
    (status) => {
      const lines = [
        bob,
        'Action: failed',
        `Status: ${status}`,
        'Diagnostic-Code: smtp; 550 5.1.1 no such user',
      ];
      expect(recipientsOf(...lines)).toMatchObject([{ action: 'failed', status: '5.1.1' }]);
      const without = [bob, 'Action: failed', `Status: ${status}`, 'Diagnostic-Code: smtp; 550 no such user'];
      expect(recipientsOf(...without)).toMatchObject([{ action: 'failed', status: null }]);
    },
  );

  it.each([
    ['failed', 'failed'],
    ['FAILURE', 'failed'],
    ['bounced (gone)', 'failed'],
    ['undeliverable', 'failed'],
    ['Rejected', 'failed'],
    ['delayed', 'delayed'],
    ['deferred', 'delayed'],
    ['delivered', 'delivered'],
    ['relayed', 'relayed'],
    ['expanded', 'expanded'],
  ])('takes the action %s whatever the status says', (word, action) => {
    for (const status of ['5.1.1', '4.4.7', '2.0.0', '']) {
      expect(recipientsOf(bob, `Action: ${word}`, `Status: ${status}`)).toMatchObject([{ action }]);
    }
  });

  it('takes what expired for a failure that says nothing about the address', () => {
    for (const status of ['', '4.4.7', '5.4.7', '5.1.1', '4.0.0']) {
      const [one] = recipientsOf(
        bob,
        'Action: expired',
        `Status: ${status}`,
        'Diagnostic-Code: smtp; 550 user unknown',
      );
      expect(one).toMatchObject({ action: 'failed', dead: false });
    }
  });

  it('reads the class of the reply where neither action nor status are there', () => {
    const actionOf = (reply: string) =>
      recipientsOf(bob, 'Status:', `Diagnostic-Code: smtp; ${reply}`)[0]?.action;
    expect(['550 no', '451 later', '550 5.1.1 no', '250 2.1.5 ok', 'no reply'].map(actionOf)).toEqual([
      'failed',
      'delayed',
      'failed',
      undefined,
      undefined,
    ]);
  });

  it('takes the address that Sendmail delivered to where the others are names of this machine', () => {
    const lines = [
      'Final-Recipient: LOCAL; bob',
      'X-Actual-Recipient: RFC822; bob@example.com',
      'Action: failed',
    ];
    expect(recipientsOf(...lines)).toMatchObject([{ addresses: ['bob@example.com'] }]);
    expect(recipientsOf('Final-Recipient: LOCAL; bob', 'Action: failed')).toMatchObject([
      { addresses: ['bob'] },
    ]);
    const local = ['Final-Recipient: LOCAL;<bob@example.com>', 'Action: failed'];
    expect(recipientsOf(...local)).toMatchObject([{ addresses: ['bob@example.com'] }]);
  });

  it('reads the same of a recipient however the fields are written, and in any order', () => {
    const comment = fc.constantFrom('', ' (x)', ' (a (b) 4.0.0)', ' (delayed)');
    const name = (text: string) =>
      fc.constantFrom(...[text, text.toUpperCase(), text.toLowerCase(), `${text} `, `${text}\t`]);
    const field = (key: string, ...values: string[]) =>
      fc
        .tuple(
          name(key),
          fc.constantFrom(':', ': ', ':\r\n ', ':\r\n\t'),
          fc.constantFrom(...values),
          comment,
        )
        .map((parts) => parts.join(''));
    const address = fc
      .constantFrom(...['rfc822;', 'RFC822; ', ' Rfc822 ;', '', 'x-local; ', '(x) rfc822;'])
      .chain((type) =>
        field(
          'Final-Recipient',
          ...['bob@example.com', '<bob@example.com>', 'Bob <BOB@example.com>'].map((one) => type + one),
        ),
      );
    const action = field('Action', 'failed', 'Failed', 'FAILED', 'failure', '(x) failed', 'bounced');
    const status = field('Status', '5.1.1', '(4.0.0) 5.1.1', '5.1.1 ', '', 'x');
    const reply = field('Diagnostic-Code', 'smtp; 550 5.1.1 no', 'SMTP;550-5.1.1 no', 'smtp ; 5.1.1');
    const fields = fc
      .tuple(address, action, status, reply)
      .chain((all) => fc.shuffledSubarray(all, { minLength: 4 }));
    fc.assert(
      fc.property(fields, fc.boolean(), (lines, apart) => {
        const [one, ...others] = recipientsOf('Reporting-MTA: dns; mx', ...(apart ? [''] : []), ...lines);
        expect(others).toEqual([]);
        expect(one).toMatchObject({ addresses: ['bob@example.com'], action: 'failed', status: '5.1.1' });
      }),
      fuzzRuns(250),
    );
  });
});
