import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../../contract/mail.ts';
import { mailWorkers } from './mail-workers.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const objects = (length: number) => `{"body":"x","z":[${Array(length).fill('{}').join(',')}]}`;
const failed = { state: 'failed', failedAt: 0, error: 'No.', delivery: 'd' } as const;
const large = { body: 'Hi', attachments: [{ filename: 'a', content: 'QUJD'.repeat(4_000_000) }] };

let workers: MailWorkers;
beforeAll(() => {
  workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'agents.test' });
});
afterAll(() => workers.close());

describe('an outbox file of 24 MB', () => {
  it('is refused unparsed where it is full of empty objects, and the main thread goes on meanwhile', async () => {
    const raw = bytes(objects(8_000_000));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const parsed = await workers.checkOutbox(raw);
    clearInterval(timer);
    expect(parsed).toMatchObject({ ok: false, code: 'outbox_invalid' });
    expect(parsed.ok ? '' : parsed.reason).toContain('20000 values');
    expect(turns).toBeGreaterThan(0);
    expect(raw.length).toBeGreaterThan(0);
  });

  it('is read and recorded whole where it carries an attachment', async () => {
    const raw = bytes(JSON.stringify(large));
    const parsed = await workers.checkOutbox(raw);
    expect(parsed).toMatchObject({ ok: true, mail: { body: 'Hi' } });
    const [attachment] = parsed.ok ? parsed.mail.attachments : [];
    expect(attachment?.source === 'content' ? attachment.content.length : 0).toBe(12_000_000);
    const record = await workers.recordOutbox({ mark: { kind: 'mail' }, raw }, failed, {});
    expect(record.whole).toBe(true);
    expect(JSON.parse(record.text)).toMatchObject({ ...large, status: 'failed' });
  });
});

it('a file whose record takes too long has one without its text', async () => {
  const hasty = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'x', limits: { readMs: 1 } });
  const raw = bytes(JSON.stringify(large));
  const record = await hasty.recordOutbox({ mark: { kind: 'mail' }, raw }, failed, { to: ['a@b.example'] });
  expect(record.whole).toBe(false);
  expect(JSON.parse(record.text)).toMatchObject({ to: ['a@b.example'], status: 'failed' });
  expect(await hasty.checkOutbox(raw)).toMatchObject({ ok: false, code: 'outbox_invalid' });
  await hasty.close();
});
