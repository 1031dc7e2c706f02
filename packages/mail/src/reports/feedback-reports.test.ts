import { describe, expect, it } from 'vitest';
import { multipart, originalId, part, returnedHeader } from '../test-support/sample-reports.ts';
import { readReport } from './read-report.ts';

const header = ['From: <feedback@provider.example>', 'To: abuse@agents.test', 'Subject: FW: The report'];
const complaint = (fields: string[], returnedType = 'message/rfc822') =>
  multipart('multipart/report; report-type=feedback-report', header, [
    part('text/plain', 'This is an abuse report for a message from 192.0.2.1.'),
    part('message/feedback-report', ...fields),
    part(returnedType, ...returnedHeader, '', 'Message-ID: <in-the-text@agents.test>'),
  ]);

describe('an abuse report (RFC 5965)', () => {
  it('tells who complained about which mail', () => {
    const raw = complaint([
      'Feedback-Type: Abuse',
      'User-Agent: Provider-FBL/2.1',
      'Version: 1',
      'Original-Mail-From: <Bot@Agents.test>',
      'Original-Rcpt-To: <Bob@example.com>',
      'Original-Rcpt-To: eve@example.com',
      'Original-Rcpt-To: bob@example.com',
      'Source-IP: 192.0.2.1',
    ]);
    expect(readReport(raw)).toEqual({
      kind: 'feedback',
      feedbackType: 'abuse',
      mailFrom: 'bot@agents.test',
      recipients: ['bob@example.com', 'eve@example.com'],
      messageIds: [originalId],
    });
  });

  it('may come with the header of the mail alone', () => {
    expect(readReport(complaint(['Feedback-Type: fraud'], 'text/rfc822-headers'))).toEqual({
      kind: 'feedback',
      feedbackType: 'fraud',
      mailFrom: null,
      recipients: [],
      messageIds: [originalId],
    });
  });

  it('is of the type “other” where it does not say', () => {
    expect(readReport(complaint(['Version: 1']))).toMatchObject({ feedbackType: 'other' });
  });
});
