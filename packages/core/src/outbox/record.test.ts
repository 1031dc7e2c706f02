import { describe, expect, it } from 'vitest';
import { failedOriginal, failedRecord, sentOriginal, sentRecord } from './record.ts';

const sent = {
  sentAt: Date.UTC(2026, 10, 22, 18, 0, 0, 5),
  provider: 'smtp',
  providerId: null,
  messageId: '<1@agents.example>',
};
const failed = { failedAt: Date.UTC(2026, 10, 22), error: 'Refused.', delivery: 'd-1' };

describe('sentRecord', () => {
  it('keeps what the agent wrote and adds how it left', () => {
    const record = sentRecord(
      '{"body":"Hi","log":true,"attachments":[{"path":"a"}],"status":"pending"}',
      sent,
    );
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
      sentRecord('{"status":"failed","sent_at":"x","message_id":"<x@y>","__proto__":{"provider":"x"}}', sent),
    );
    expect(record).toMatchObject({
      status: 'sent',
      sent_at: '2026-11-22T18:00:00.005Z',
      message_id: '<1@agents.example>',
      provider: 'smtp',
    });
  });
});

describe('sentOriginal', () => {
  it('gives back what the agent wrote, by the Message-ID of the mail only', () => {
    const record = sentRecord('{"to":["a@example.com"],"body":"Hi","status":"pending"}', sent);
    expect(JSON.parse(sentOriginal(record, '<1@agents.example>') ?? '')).toEqual({
      to: ['a@example.com'],
      body: 'Hi',
    });
    expect(sentOriginal(record, '<2@agents.example>')).toBeNull();
    expect(sentOriginal(failedRecord('{"body":"Hi"}', failed), '<1@agents.example>')).toBeNull();
    expect(sentOriginal('not JSON', '<1@agents.example>')).toBeNull();
  });
});

describe('a record', () => {
  it('has a line for each key, and grows no more than by that, however deep the agent nests', () => {
    const deep = `{"body":"Hi","deep":[${Array(50).fill(`${'['.repeat(1000)}${']'.repeat(1000)}`)}]}`;
    const record = failedRecord(deep, failed);
    expect(record.length).toBeLessThan(deep.length + 500);
    expect(record.split('\n')[1]).toBe('  "body": "Hi",');
  });
});

describe('failedRecord', () => {
  it('keeps what the agent wrote and adds the reason', () => {
    expect(JSON.parse(failedRecord('{"body":""}', failed))).toEqual({
      body: '',
      status: 'failed',
      error: 'Refused.',
      failed_at: '2026-11-22T00:00:00.000Z',
      delivery: 'd-1',
    });
  });

  it('gives back what the agent wrote, to its own delivery only', () => {
    const record = failedRecord('{"to":["a@example.com"],"body":"Hi","status":"pending"}', failed);
    expect(JSON.parse(failedOriginal(record, 'd-1') ?? '')).toEqual({ to: ['a@example.com'], body: 'Hi' });
    expect(failedOriginal(record, 'd-2')).toBeNull();
    expect(failedOriginal('not JSON', 'd-1')).toBeNull();
  });

  it.each([
    ['{"body":', '{"body":'],
    ['[1]', '[1]'],
    ['\ud800', '\ufffd'],
    [null, null],
    ['x'.repeat(200_000), 'x'.repeat(100_000)],
  ])('keeps a file that is no JSON object as text', (original, kept) => {
    expect(JSON.parse(failedRecord(original, failed))).toMatchObject({ original: kept, status: 'failed' });
  });
});
