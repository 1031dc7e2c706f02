/** Nobody vouches for a report: it may name only people whom the mail went to, and its text is anybody's. */
import { describe, expect, it } from 'vitest';
import type { MailReport } from '../admission/report.ts';
import { type ReportedDelivery, reportEffect } from './report-effect.ts';

const ann = 'ann@example.com';
const delivery: ReportedDelivery = { state: 'sent', recipients: [ann], reason: null };
const failed = (addresses: string[], diagnostic = '550 5.1.1 No such user', status = '5.1.1') => ({
  addresses,
  action: 'failed' as const,
  status,
  diagnostic,
});
const report = (...recipients: ReturnType<typeof failed>[]): MailReport => ({
  kind: 'delivery',
  recipients,
  messageIds: [],
});

describe('a forged report', () => {
  it.each([
    'eve@example.com',
    'ann@example.com.evil.example',
    'ann+x@example.com',
    'ann@example.com, eve@evil.example',
    '"ann"@example.com',
    'not an address',
    '',
  ])('says nothing about %j, whom the mail was not sent to', (address) => {
    expect(reportEffect(report(failed([address])), delivery)).toBeNull();
  });

  it('counts for the real recipient only', () => {
    const effect = reportEffect(report(failed(['eve@example.com']), failed([ann])), delivery);
    expect(effect?.suppressed.map(({ address }) => address)).toEqual([ann]);
    expect(effect?.reason).not.toContain('eve');
  });

  it('leaves nothing but printable ASCII of one line, and not much of it', () => {
    const words = `5.1.1\r\n\u001b[31mred\u202e \ud83d\ude00 ${'x'.repeat(100_000)}`;
    const effect = reportEffect(report(failed([ann], words, '5.1.1\r\n\u0007')), delivery);
    for (const text of [effect?.reason, effect?.summary, effect?.suppressed[0]?.reason ?? '']) {
      expect(text).toMatch(/^[ -~]{0,400}$/);
    }
  });

  it('with entries without end makes a reason with an end, in little time', () => {
    const many = Array.from({ length: 50_000 }, (_, i) =>
      failed([ann], `550 5.1.1 ${i} ${'. '.repeat(140)}x`),
    );
    const started = process.cpuUsage();
    const effect = reportEffect(report(...many), delivery);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
    expect(effect?.reason?.length).toBeLessThanOrEqual(2000);
  });
});
