import { describe, expect, it } from 'vitest';
import { holds, type MailMark, type MailSource, outboxRecord, recordHead } from './record.ts';

const sent = {
  state: 'sent',
  sentAt: Date.UTC(2026, 10, 22, 18, 0, 0, 5),
  provider: 'smtp',
  providerId: null,
  messageId: '<1@agents.example>',
} as const;
const failed = {
  state: 'failed',
  failedAt: Date.UTC(2026, 10, 22),
  error: 'Refused.',
  delivery: 'd-1',
} as const;
const source = (text: string, mark: MailMark): MailSource => ({ mark, raw: new TextEncoder().encode(text) });
const mail = (text: string) => source(text, { kind: 'mail' });
const sentRecord = (text: string) => outboxRecord(mail(text), sent, {}).text;
const failedRecord = (text: string) => outboxRecord(mail(text), failed, { original: null }).text;

describe('the record of a mail that was sent', () => {
  it('keeps what the agent wrote and adds how it left', () => {
    const record = sentRecord('{"body":"Hi","log":true,"attachments":[{"path":"a"}],"status":"pending"}');
    expect(JSON.parse(record)).toEqual({
      body: 'Hi',
      log: true,
      attachments: [{ path: 'a' }],
      status: 'sent',
      sent_at: '2026-11-22T18:00:00.005Z',
      provider: 'smtp',
      provider_id: null,
      message_id: '<1@agents.example>',
    });
    expect(record.endsWith('}\n')).toBe(true);
  });

  it('does not let the agent forge the result', () => {
    const record = JSON.parse(
      sentRecord('{"status":"failed","sent_at":"x","message_id":"<x@y>","__proto__":{"provider":"x"}}'),
    );
    expect(record).toMatchObject({
      status: 'sent',
      sent_at: '2026-11-22T18:00:00.005Z',
      message_id: '<1@agents.example>',
      provider: 'smtp',
    });
  });

  it('gives back what the agent wrote when it comes back, by the Message-ID of the mail only', () => {
    const text = sentRecord('{"to":["a@example.com"],"body":"Hi","status":"pending"}');
    const back = (from: MailSource) => JSON.parse(outboxRecord(from, failed, { to: [] }).text);
    expect(back(source(text, { kind: 'sent', messageId: '<1@agents.example>' }))).toEqual({
      to: ['a@example.com'],
      body: 'Hi',
      status: 'failed',
      delivery: 'd-1',
      error: 'Refused.',
      failed_at: '2026-11-22T00:00:00.000Z',
    });
    for (const other of [text, failedRecord('{"body":"Hi"}'), 'not JSON', `${text}x`]) {
      const messageId = other === text ? '<2@agents.example>' : '<1@agents.example>';
      expect(holds(source(other, { kind: 'sent', messageId }))).toBe(false);
      expect(back(source(other, { kind: 'sent', messageId }))).not.toHaveProperty('body');
    }
  });
});

describe('the record of a mail that did not leave', () => {
  it('keeps what the agent wrote and adds the reason', () => {
    expect(JSON.parse(failedRecord('{"body":"","provider":"mine"}'))).toEqual({
      body: '',
      provider: 'mine',
      status: 'failed',
      error: 'Refused.',
      failed_at: '2026-11-22T00:00:00.000Z',
      delivery: 'd-1',
    });
  });

  it('gives back what the agent wrote, to its own delivery only', () => {
    const text = failedRecord('{"to":["a@example.com"],"body":"Hi","status":"pending"}');
    const mark = { kind: 'failed', delivery: 'd-1' } as const;
    const again = JSON.parse(outboxRecord(source(text, mark), sent, {}).text);
    expect(again).toMatchObject({ body: 'Hi', status: 'sent' });
    expect(again).not.toHaveProperty('error');
    expect(holds(source(text, { ...mark, delivery: 'd-2' }))).toBe(false);
    expect(holds(source('not JSON', mark))).toBe(false);
  });

  it.each([
    ['{"body":', '{"body":', true],
    ['[1]', '[1]', true],
    ['\ud800', '\ufffd', true],
    ['x'.repeat(200_000), 'x'.repeat(100_000), false],
  ])('has a file that is no JSON object as text, and says when that is cut', (original, kept, whole) => {
    const record = outboxRecord(mail(original), failed, { original: null });
    expect(JSON.parse(record.text)).toMatchObject({ original: kept, status: 'failed' });
    expect(record.whole).toBe(whole);
  });

  it('has nothing but the result where there is no file', () => {
    const record = outboxRecord(null, failed, { original: null });
    expect(JSON.parse(record.text)).toMatchObject({ original: null, status: 'failed' });
  });
});

describe('every record', () => {
  it('begins so that its mail is known by it, whatever the agent wrote', () => {
    for (const text of ['{"1":2,"delivery":"x","message_id":"y"}', '{}', 'no JSON']) {
      expect(sentRecord(text).startsWith(recordHead({ kind: 'sent', ...sent }))).toBe(true);
      expect(failedRecord(text).startsWith(recordHead({ kind: 'failed', ...failed }))).toBe(true);
    }
  });

  it.each([
    ['deeper', `{"body":"Hi","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['fuller', `{"body":"Hi","z":[${Array(100_000).fill('{}').join(',')}]}`],
  ])('can be written of a file that is %s than a mail may be', (_, text) => {
    const record = outboxRecord(mail(text), sent, { to: [] });
    expect(JSON.parse(record.text)).toMatchObject({ status: 'sent', to: [] });
    expect(record.whole).toBe(false);
  });
});
