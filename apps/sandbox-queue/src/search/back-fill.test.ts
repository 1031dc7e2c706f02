/** What was there before the search is found once the back-fill has read it, on both engines. */
import { parseQuery, searchDocuments } from '@tinyfat/database';
import type { ReadMail } from '@tinyfat/mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { backFillSearch } from './back-fill.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

/** Rows as an older version left them: nothing is indexed, and the upgrade has noted from where on to read. */
async function asBefore(): Promise<void> {
  await outbox.db.deleteFrom('search_documents').execute();
  for (const kind of ['mail', 'answer', 'run'] as const)
    await outbox.db.insertInto('search_backfills').values({ kind, at: 10_000, id: '' }).execute();
}

/** The stored bytes are the text. */
const read = async (raw: Uint8Array) =>
  ({ ok: true, content: { text: new TextDecoder().decode(raw), forwarded: '' } }) as unknown as ReadMail;

async function backFill(): Promise<number> {
  const { rawMail, folders } = outbox.deps;
  const deps = { db: outbox.db, rawMail, folders, clock: () => 20_000, workers: { read } };
  let steps = 0;
  while (await backFillSearch(deps as unknown as Parameters<typeof backFillSearch>[0])) {
    if (++steps > 50) throw new Error('it never ends');
  }
  return steps;
}

async function ids(text: string): Promise<string[]> {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { agent: _, ...query } = parsed.query;
  const question = { ...query, agentId: null, since: null, until: null, below: null, limit: 50 };
  const found = await searchDocuments(outbox.db, 'all', question);
  return found.ok ? found.hits.map(({ kind, id }) => `${kind} ${id}`) : [];
}

const put = (key: string, text: string) => outbox.deps.rawMail.put(key, new TextEncoder().encode(text));

it('reads mails, answers and runs, those of removed messages without their text', async () => {
  for (let n = 0; n < 45; n++) {
    const { raw_key } = await outbox.mail(`mail-${n}`, { received_at: n < 25 ? 500 : n });
    await put(raw_key, `number${n} everywhere`);
  }
  const removed = await outbox.mail('mail-removed', { raw_removed_at: 1, subject: 'Remains' });
  await put(removed.raw_key, 'gone');
  await outbox.mail('mail-refused', { verdict: 'refused', state: 'refused', subject: 'Unwanted' });
  const delivery = await outbox.delivery('mail-1', { subject: 'Re' });
  await put(delivery.raw_key, 'answer everywhere');
  await outbox.db.updateTable('runs').set({ status: 'done' }).execute();
  await outbox.deps.folders.write(
    'scout',
    'events/1970-01-01T00-00-00-001Z.jsonl',
    `${JSON.stringify({ type: 'start', run_id: 'mail-1', timestamp: '1970-01-01T00:00:00.001Z' })}\n${JSON.stringify({ type: 'text', content: 'spoken', timestamp: '1970-01-01T00:00:00.002Z' })}\n`,
  );
  await asBefore();
  expect(await ids('everywhere ')).toEqual([]);
  await backFill();
  expect(await ids('everywhere ')).toHaveLength(46);
  expect(await ids('number44 ')).toEqual(['mail mail-44']);
  expect(await ids('in:answers everywhere ')).toEqual([`answer ${delivery.id}`]);
  expect([await ids('gone '), await ids('in:mails remains ')]).toEqual([[], ['mail mail-removed']]);
  expect(await ids('in:mails unwanted ')).toEqual(['mail mail-refused']);
  expect(await ids('in:sessions spoken ')).toEqual(['run mail-1']);
  expect(await outbox.db.selectFrom('search_backfills').select('kind').execute()).toEqual([]);
});

it('reads the notes of owners, and the texts that runs were run again with', async () => {
  await outbox.mail('answered', {});
  const rewrites = async () => (await outbox.delivery('answered', { state: 'rejected' })).id;
  const noted = await outbox.mail('note', { via: 'note', rewrites: await rewrites() });
  await put(noted.raw_key, 'frame around the note');
  const removed = await outbox.mail('gone', { via: 'note', rewrites: await rewrites(), raw_removed_at: 1 });
  for (const mail of [noted, removed]) {
    await outbox.db
      .insertInto('approval_records')
      .values({
        ...{ delivery_id: mail.rewrites ?? '', action: 'rejected_with_note', via: 'session', at: 1 },
        ...{ note: 'Friendlier, please.', digest: null, by_address: null, raw_key: null },
      })
      .execute();
  }
  await outbox.db
    .updateTable('runs')
    .set({ status: 'done', edited_text: 'Only the cheapest.' })
    .where('id', '=', 'note')
    .execute();
  await asBefore();
  await backFill();
  expect(await ids('friendlier ')).toEqual(['mail note']);
  expect(await ids('frame ')).toEqual([]);
  expect(await ids('cheapest ')).toEqual(['run note']);
});

it('goes on where it was, and leaves what has come meanwhile as it is', async () => {
  const { raw_key } = await outbox.mail('old', {});
  await put(raw_key, 'elder');
  await asBefore();
  await backFill();
  await put(raw_key, 'changed');
  await outbox.db.insertInto('search_backfills').values({ kind: 'mail', at: 10_000, id: '' }).execute();
  await backFill();
  expect(await ids('elder ')).toEqual(['mail old']);
  expect(await backFill()).toBe(0);
});
