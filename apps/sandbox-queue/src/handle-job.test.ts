import type { ReadMail } from '@tinyfat/mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConsumerDeps } from './consumer.ts';
import { handleJob } from './handle-job.ts';
import { type Outbox, openOutbox } from './test-support/outbox.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

/** One attempt at the job of a mail on which the reader gives this. */
async function attempt(read: ReadMail): Promise<void> {
  const { raw_key } = await outbox.mail('mail-a');
  await outbox.deps.rawMail.put(raw_key, new Uint8Array(1));
  const deps = {
    ...outbox.deps,
    queue: { begin: async () => true },
    workers: { read: async () => read },
  } as unknown as ConsumerDeps;
  const job = { jobId: 'mail-a', agentId: 'scout', mailId: 'mail-a', fence: 1 };
  await handleJob(
    deps,
    { ...job, attempt: 1, maxAttempts: 3, stopAsked: false },
    new AbortController().signal,
  );
}

it.each(['interrupted', 'deadline'])(
  'a mail that could not be read for want of a thread (%s) is put back for another attempt',
  async (code) => {
    await expect(attempt({ ok: false, code, reason: 'The thread ended.' })).rejects.toThrow(
      'The thread ended.',
    );
    const run = await outbox.db
      .selectFrom('runs')
      .selectAll()
      .where('mail_id', '=', 'mail-a')
      .executeTakeFirst();
    expect(run).toMatchObject({ status: 'running', error_code: null });
    expect(await outbox.db.selectFrom('deliveries').select('id').execute()).toEqual([]);
  },
);

it('a mail is found by its text from its first attempt on', async () => {
  const content = { text: 'Please find the needle', quoted: '', forwarded: '', firstLineSeen: true };
  await outbox.db
    .insertInto('search_documents')
    .values({
      ...{ seq: 1, kind: 'mail', source_id: 'mail-a', agent_id: 'scout', at: 1 },
      ...{ sender: '', people: '', subject: 'Hello', body: '', words: '' },
    })
    .execute();
  // The turn itself has nothing to run on here.
  await attempt({ ok: true, content } as unknown as ReadMail).catch(() => {});
  const [document] = await outbox.db.selectFrom('search_documents').select(['body', 'words']).execute();
  expect(document?.body).toBe(content.text);
  expect(document?.words.split(' ')).toContain('needle');
});
