/** What older versions called `held` gets the word that it meant: of a mail in quarantine, or of an answer that waits. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../sqlite/open.ts';
import { fixtureNames, makeFixture, rowsOf } from './fixtures.ts';

type Row = Record<string, string | number | null>;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-held-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Mails as the versions before 0014 left them: verdict and state, and whether the mail had its turn. */
const HELD = [
  { id: 'doubtful', verdict: 'held', state: 'held', turn: false, now: ['quarantined', 'quarantined'] },
  { id: 'released', verdict: 'held', state: 'queued', turn: true, now: ['quarantined', 'queued'] },
  { id: 'discarded', verdict: 'held', state: 'discarded', turn: false, now: ['quarantined', 'discarded'] },
  { id: 'answered', verdict: 'accepted', state: 'held', turn: true, now: ['accepted', 'awaiting_approval'] },
  { id: 'both', verdict: 'held', state: 'held', turn: true, now: ['quarantined', 'awaiting_approval'] },
  { id: 'over', verdict: 'over_limit', state: 'over_limit', turn: false, now: ['over_limit', 'over_limit'] },
];

/** Writes them into the database of a fixture, each with what its turn led to, as copies of rows that are there. */
function addHeld(path: string): void {
  const db = new DatabaseSync(path);
  const [first] = db.prepare('select * from deliveries order by seq limit 1').all() as Row[];
  const model = (table: string, id: unknown) =>
    db.prepare(`select * from ${table} where id = ?`).get(String(id)) as Row;
  const run = model('runs', first?.run_id);
  const mail = model('mails', first?.mail_id);
  const job = model('jobs', run.job_id);
  const insert = (table: string, { seq: _, ...row }: Row) => {
    const columns = Object.keys(row);
    const values = columns.map(() => '?').join(', ');
    db.prepare(`insert into ${table} (${columns.join(', ')}) values (${values})`).run(...Object.values(row));
  };
  for (const { id, verdict, state, turn } of HELD) {
    insert('mails', {
      ...mail,
      id,
      message_id: `<${id}@x>`,
      ...('signature' in mail ? { signature: null } : {}),
      verdict,
      state,
    });
    if (!turn) continue;
    insert('jobs', { ...job, id, mail_id: id, state: 'done' });
    insert('runs', { ...run, id, mail_id: id, job_id: id, status: 'done' });
    const waits =
      state === 'held' ? { state, reason_code: 'recipients_held' } : { state: 'sent', reason_code: null };
    insert('deliveries', { ...first, id, mail_id: id, run_id: id, message_id: `<${id}@y>`, ...waits });
  }
  db.close();
}

describe.each(fixtureNames.filter((name) => name < '0014'))('held, in a database of %s', (name) => {
  it('is quarantined of a mail without a turn, and awaiting approval of an answer', async () => {
    const path = join(folder, 'tinyfat.sqlite');
    makeFixture(name, path);
    addHeld(path);
    await (await openSqlite(path)).destroy();
    const { mails = [], deliveries = [] } = rowsOf(path);
    for (const { id, now } of HELD) {
      const row = mails.find((mail) => mail.id === id);
      expect([id, row?.verdict, row?.state]).toEqual([id, ...now]);
    }
    const waits = { state: 'awaiting_approval', reason_code: 'recipients_not_allowed' };
    for (const id of ['answered', 'both']) {
      expect(deliveries.find((delivery) => delivery.id === id)).toMatchObject(waits);
    }
    expect(deliveries.find(({ id }) => id === 'released')).toMatchObject({
      state: 'sent',
      reason_code: null,
    });
    expect([...mails, ...deliveries].filter((row) => row.state === 'held' || row.verdict === 'held')).toEqual(
      [],
    );
  });
});
