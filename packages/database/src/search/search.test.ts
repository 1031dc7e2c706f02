import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent } from '../agents.ts';
import { insertMail } from '../mails.ts';
import { deleteOldRefused, markDeliveriesRemoved, markMailsRemoved } from '../retention/old-messages.ts';
import type { NewMail } from '../schema/index.ts';
import type { Sight } from '../visible.ts';
import { deleteDocuments, forgetOldRunTexts, indexDocument, setDocumentText } from './documents.ts';
import { type SearchQuestion, searchDocuments } from './find.ts';
import { parseQuery } from './parse-query.ts';

const OWNER = { owner: 'owner@example.com' };
const EVE = { owner: 'eve@example.com' };

describe('search', () => {
  let mails: SentMail;
  beforeEach(async () => {
    mails = await openSentMail();
    const foreign = { id: 'foreign', name: 'foreign', owner: 'eve@example.com', created_at: 1 };
    await insertAgent(mails.db, foreign, []);
  });
  afterEach(() => mails.close());

  /** A mail as intake writes it, and its text as the consumer reads it. */
  async function mail(id: string, at: number, text: string, change: Partial<NewMail> = {}) {
    const row = await mails.mail(id, { received_at: at, ...change });
    await mails.db.deleteFrom('runs').where('id', '=', id).execute();
    await mails.db.deleteFrom('jobs').where('id', '=', id).execute();
    await mails.db.deleteFrom('mails').where('id', '=', id).execute();
    expect(await insertMail(mails.db, row)).toBe(true);
    await setDocumentText(mails.db, 'mail', id, text);
  }

  async function page(text: string, sight: Sight = OWNER, more: Partial<SearchQuestion> = {}) {
    const parsed = parseQuery(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    const { query } = parsed;
    const question = { ...query, agentId: query.agent, since: null, until: null, below: null, limit: 20 };
    const found = await searchDocuments(mails.db, sight, { ...question, ...more });
    if (!found.ok) throw new Error('too much');
    return found;
  }
  const ids = async (...given: Parameters<typeof page>) => (await page(...given)).hits.map(({ id }) => id);

  it('finds words of subject, people and text, all of them, the newest first', async () => {
    await mail('m1', 1000, 'The quarterly numbers are in.', { subject: 'Budget Größe' });
    await mail('m2', 3000, 'Please send the numbers', { sender: 'ann.lee@example.org', sender_name: 'Ann' });
    await mail('m3', 2000, 'nothing');
    expect(await ids('numbers ')).toEqual(['m2', 'm1']);
    expect(await ids('numbers budget ')).toEqual(['m1']);
    expect(await ids('GROSSE ')).toEqual([]);
    expect(await ids('große ')).toEqual(['m1']);
    expect(await ids('grosse')).toEqual([]);
    expect(await ids('lee ')).toEqual(['m2']);
    expect(await ids('quart')).toEqual(['m1']);
    expect(await ids('quart ')).toEqual([]);
    const [hit] = (await page('quarterly ')).hits;
    expect(hit).toMatchObject({
      kind: 'mail',
      agent: 'scout',
      at: 1000,
      state: 'queued',
      subject: 'Budget Größe',
      body: 'The quarterly numbers are in.',
    });
  });

  it('narrows to who wrote, an agent, a state, a kind and a time', async () => {
    await mail('m1', 1000, 'word', { sender: 'ann@example.org', sender_name: 'Ann Lee', state: 'failed' });
    await mail('m2', 2000, 'word of ann', { agent_id: 'other' });
    await mails.mail('m4', {});
    await mails.delivery('m4', {
      id: 'd1',
      created_at: 3000,
      subject: 'word',
      recipients: '["ann@example.org"]',
    });
    expect(await ids('word ')).toEqual(['d1', 'm2', 'm1']);
    expect(await ids('from:ann ')).toEqual(['m1']);
    expect(await ids('from:ann@example.org word ')).toEqual(['m1']);
    expect(await ids('agent:other word ')).toEqual(['m2']);
    expect(await ids('state:failed ')).toEqual(['m1']);
    expect(await ids('state:sent word ')).toEqual(['d1']);
    expect(await ids('in:answers ann ')).toEqual(['d1']);
    expect(await ids('word ', OWNER, { until: 3000, since: 1001 })).toEqual(['m2']);
    await mails.db.updateTable('mails').set({ state: 'replied' }).where('id', '=', 'm1').execute();
    expect(await ids('state:failed ')).toEqual([]);
  });

  it('shows nobody what is of another owner, whatever they ask for', async () => {
    await mail('secret', 1000, 'treasure', { agent_id: 'foreign' });
    await mail('own', 900, 'treasure');
    expect(await ids('treasure ')).toEqual(['own']);
    expect(await ids('treasure ', EVE)).toEqual(['secret']);
    expect(await ids('treasure ', 'all')).toEqual(['secret', 'own']);
    expect(await ids('agent:foreign treasure ')).toEqual([]);
    expect(await ids('treasure ', { owner: 'nobody@example.com' })).toEqual([]);
    // A text that names the mark of another agent is of its own agent all the same.
    await mail('odd', 800, 'treasure \uE000ascout ascout', { agent_id: 'foreign' });
    expect(await ids('treasure ')).toEqual(['own']);
    await mails.db.updateTable('agents').set({ owner: OWNER.owner }).where('id', '=', 'foreign').execute();
    expect(await ids('treasure ')).toEqual(['secret', 'own', 'odd']);
  });

  it('goes on page by page, also over documents of one moment, and ends', async () => {
    for (let n = 0; n < 7; n++) await mail(`m${n}`, 5000 + Math.floor(n / 3), 'alike');
    const seen: string[] = [];
    let below: number | null = null;
    for (let pages = 0; pages < 10; pages++) {
      const { hits, next }: Awaited<ReturnType<typeof page>> = await page('alike ', OWNER, {
        below,
        limit: 2,
      });
      seen.push(...hits.map(({ id }) => id));
      below = next;
      if (next === null) break;
    }
    expect(below).toBeNull();
    expect([...seen].sort()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
    expect(seen[0]).toBe('m6');
  });

  it('bounds what is looked at for one page, and says where to go on', async () => {
    await mail('needle', 1, 'common', { state: 'failed' });
    await sql`insert into search_documents (seq, kind, source_id, agent_id, at, sender, people, subject, body, words)
      with recursive series (n) as (select 1 union all select n + 1 from series where n < 2500)
      select 5000 + n, 'run', 'none-' || n, 'scout', 5, '', '', '', '',
        (select words from search_documents where source_id = 'needle') from series`.execute(mails.db);
    const hits: string[][] = [];
    for (let below: number | null = null; hits.length < 5; ) {
      const found: Awaited<ReturnType<typeof page>> = await page('common state:failed ', OWNER, { below });
      hits.push(found.hits.map(({ id }) => id));
      below = found.next;
      if (below === null) break;
    }
    expect(hits).toEqual([[], [], ['needle']]);
  });

  it('finds words that begin alike, few or many, among the newest and behind them', async () => {
    // Each is behind more documents than are looked at one by one.
    for (const [at, text] of ['invoiced twice', 'an invoice', 'invo', 'envoice'].entries())
      await mail(`old-${at}`, 10 + at, text);
    for (let n = 0; n < 70; n++) await mail(`many-${n}`, 100 + n, `prefix${n} rare`);
    await sql`insert into search_documents (seq, kind, source_id, agent_id, at, sender, people, subject, body, words)
      with recursive series (n) as (select 1 union all select n + 1 from series where n < 250)
      select 9000000 + n, 'run', 'none-' || n, 'scout', 5, '', '', '', '',
        (select words from search_documents where source_id = 'old-3') from series`.execute(mails.db);
    await mail('new', 900_000, 'invoices');
    expect(await ids('invoi')).toEqual(['new', 'old-1', 'old-0']);
    expect(await ids('invo')).toEqual(['new', 'old-2', 'old-1', 'old-0']);
    expect(await ids('invoice ')).toEqual(['old-1']);
    expect(await ids('invoicer')).toEqual([]);
    expect(await ids('rare prefi', OWNER, { limit: 3 })).toEqual(['many-69', 'many-68', 'many-67']);
    expect(await ids('prefix6')).toHaveLength(11);
    expect(await ids('invoi', { owner: 'nobody@example.com' })).toEqual([]);
  });

  it('follows a changed text and what is deleted', async () => {
    await mail('m1', 1000, 'first');
    await setDocumentText(mails.db, 'mail', 'm1', 'second');
    expect([await ids('first '), await ids('second ')]).toEqual([[], ['m1']]);
    await setDocumentText(mails.db, 'mail', 'unknown', 'third');
    expect(await ids('third ')).toEqual([]);
    await deleteDocuments(mails.db, 'mail', ['m1']);
    expect(await ids('second ')).toEqual([]);
  });

  it('replaces a document of the same source, and keeps one that is written at once twice', async () => {
    const run = {
      kind: 'run',
      id: 'r1',
      agentId: 'scout',
      at: 7,
      sender: '',
      people: '',
      subject: 's',
    } as const;
    await Promise.all([
      indexDocument(mails.db, { ...run, text: 'one' }),
      indexDocument(mails.db, { ...run, text: 'one' }),
    ]);
    await indexDocument(mails.db, { ...run, text: 'two' });
    const rows = await mails.db.selectFrom('search_documents').select('body').execute();
    expect(rows).toEqual([{ body: 'two' }]);
  });

  it('finds no run by what was said in it once its events are removed (invariant 11)', async () => {
    for (const [id, at] of [
      ['r1', 100],
      ['r2', 200],
      ['r3', 300],
    ] as const) {
      await mails.mail(id, {});
      const run = {
        kind: 'run',
        id,
        agentId: 'scout',
        at,
        sender: 'ann',
        people: '',
        subject: 'kept',
      } as const;
      await indexDocument(mails.db, { ...run, text: 'spoken' });
    }
    expect(await forgetOldRunTexts(mails.db, 300, 1)).toBe(1);
    expect(await ids('spoken ')).toEqual(['r3', 'r2']);
    expect(await forgetOldRunTexts(mails.db, 300, 10)).toBe(1);
    expect(await forgetOldRunTexts(mails.db, 300, 10)).toBe(0);
    expect([await ids('spoken '), await ids('kept ')]).toEqual([['r3'], ['r3', 'r2', 'r1']]);
  });

  it('finds no run by the text that it was run again with once that is removed (invariant 11)', async () => {
    await mail('m1', 1000, 'perishable', { subject: 'stays', state: 'replied' });
    await mails.mail('m2', {});
    await mails.db
      .updateTable('runs')
      .set({ mail_id: 'm1', edited_text: 'perishable' })
      .where('id', '=', 'm2')
      .execute();
    await indexDocument(mails.db, {
      ...{ kind: 'run', id: 'm2', agentId: 'scout', at: 7, sender: '', people: '' },
      ...{ subject: 'stays', text: 'perishable\nand what was said' },
    });
    expect(await ids('perishable ')).toEqual(['m1', 'm2']);
    await markMailsRemoved(mails.db, ['m1'], 9);
    expect(await ids('perishable ')).toEqual([]);
    expect(await ids('stays ')).toEqual(['m1', 'm2']);
  });

  it('finds nothing by a text that retention has removed (invariant 11)', async () => {
    await mail('m1', 1000, 'perishable', { subject: 'stays', state: 'replied' });
    await mails.mail('m2', {});
    const { id } = await mails.delivery('m2', { created_at: 5, subject: 'kept' });
    await setDocumentText(mails.db, 'answer', id, 'perishable');
    expect(await ids('perishable ')).toHaveLength(2);
    await markMailsRemoved(mails.db, ['m1'], 9);
    await markDeliveriesRemoved(mails.db, ['1'], 9);
    expect(await ids('perishable ')).toEqual([]);
    expect([await ids('stays '), await ids('kept ')]).toEqual([['m1'], [id]]);
    const rows = await mails.db.selectFrom('search_documents').select(['body', 'words']).execute();
    expect(JSON.stringify(rows)).not.toContain('perishable');
    await mail('m3', 1000, '', { subject: 'unwanted', verdict: 'refused', state: 'refused' });
    expect(await ids('unwanted ')).toEqual(['m3']);
    await deleteOldRefused(mails.db, 2000, 10);
    expect(
      await mails.db
        .selectFrom('search_documents')
        .select('source_id')
        .where('source_id', '=', 'm3')
        .execute(),
    ).toEqual([]);
  });
});
