import { expect, it } from 'vitest';
import { bounce, originalId, plain } from '../test-support/sample-reports.ts';
import { readReport } from './read-report.ts';

const status = [
  'Reporting-MTA: dns; mx.example.net',
  '',
  'Final-Recipient: rfc822; bob@example.com',
  'Action: failed',
  'Status: 5.1.1',
];

it('reads a bounce in workerd', () => {
  expect(readReport(bounce(status))).toMatchObject({
    kind: 'delivery',
    recipients: [{ addresses: ['bob@example.com'], action: 'failed', status: '5.1.1' }],
    messageIds: [originalId],
  });
});

it('reads none in what a person wrote, in workerd', () => {
  expect(readReport(plain(['From: ann@example.com', 'Subject: x'], status))).toBe(null);
});
