import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { lastRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, NOW, openRetention, type RetentionFixture } from '../test-support/retention.ts';

let fixture: RetentionFixture;
beforeEach(async () => {
  fixture = await openRetention();
});
afterEach(() => fixture.close());

describe('files in agents’ folders', () => {
  it('go from events and from what became of mails, by their days; nothing else does', async () => {
    await fixture.folders.create('scout', { 'MEMORY.md': 'mine' });
    await fixture.folders.create('other', {});
    for (const path of ['events/a.jsonl', 'outbox/sent/a.json', 'outbox/failed/a.json', 'sessions/a.jsonl']) {
      fixture.oldFile(`agents/scout/${path}`, 100);
    }
    fixture.oldFile('agents/scout/MEMORY.md', 100);
    fixture.oldFile('agents/scout/outbox/email/a.json', 100);
    fixture.oldFile('agents/scout/events/young.jsonl', 10);
    fixture.oldFile('agents/other/events/b.jsonl', 100);
    expect(await fixture.preview({ events: 90 })).toEqual({ events: { removed: 2, bytes: 10 } });
    expect(await fixture.run({ events: 90 })).toEqual({ events: { removed: 2, bytes: 10 } });
    expect(await fixture.files('agents/scout/events')).toEqual(['young.jsonl']);
    expect(await fixture.run({ outbox: 90 })).toEqual({ outbox: { removed: 2, bytes: 10 } });
    expect(await fixture.files('agents/scout/sessions')).toEqual(['a.jsonl']);
    expect(await fixture.files('agents/scout/outbox/email')).toEqual(['a.json']);
    expect(await fixture.files('agents/scout')).toContain('MEMORY.md');
  });

  it('are not followed where the agent made links, and one spoiled folder spoils no other', async () => {
    await fixture.folders.create('other', {});
    await fixture.folders.create('scout', {});
    fixture.oldFile('outside/secret.jsonl', 100);
    await rm(join(fixture.paths.agents, 'other', 'events'), { recursive: true });
    await symlink(join(fixture.folder, 'outside'), join(fixture.paths.agents, 'other', 'events'));
    fixture.oldFile('agents/scout/events/a.jsonl', 100);
    expect(await fixture.run({ events: 90 })).toEqual({ events: { removed: 1, bytes: 5 } });
    expect(await fixture.files('outside')).toEqual(['secret.jsonl']);
  });
});

it('files of the server go by their kinds, and what is none of them stays', async () => {
  for (const days of [100, 10]) {
    fixture.oldFile(`faults/fault-${days}.txt`, days);
    fixture.oldFile(`mailbox/new/${days}.mail`, days);
    fixture.oldFile(`mailbox/cur/${days}.mail:2,S`, days);
    fixture.oldFile(`tinyfat.sqlite.before-upgrade-${days}`, days);
  }
  fixture.oldFile('faults/notes.txt', 100);
  fixture.oldFile('master-keys', 100);
  fixture.oldFile('tinyfat.sqlite-journal', 100);
  const report = await fixture.run({ faults: 90, mailbox: 90, database_copies: 90 });
  expect(report).toEqual({
    mailbox: { removed: 2, bytes: 10 },
    database_copies: { removed: 1, bytes: 5 },
    faults: { removed: 1, bytes: 5 },
  });
  expect(await fixture.files('faults')).toEqual(['fault-10.txt', 'notes.txt']);
  expect(await fixture.files('.')).toEqual(
    expect.arrayContaining(['master-keys', 'tinyfat.sqlite-journal', 'tinyfat.sqlite.before-upgrade-10']),
  );
});

it('attempts and requests to sign in, and expired sessions go', async () => {
  const at = NOW - 8 * DAY_MS;
  await fixture.db
    .insertInto('sign_in_attempts')
    .values([
      { kind: 'code_network', subject: 'a', at },
      { kind: 'code_network', subject: 'b', at: NOW },
    ])
    .execute();
  expect(await fixture.preview({ sign_in: 7 })).toEqual({ sign_in: { removed: 1, bytes: 0 } });
  expect(await fixture.run({ sign_in: 7 })).toEqual({ sign_in: { removed: 1, bytes: 0 } });
  expect(await fixture.db.selectFrom('sign_in_attempts').select('subject').execute()).toEqual([
    { subject: 'b' },
  ]);
});

describe('a run', () => {
  it('is on record with its report, and in the log by kind', async () => {
    fixture.oldFile('faults/fault-1.txt', 100);
    await fixture.run({ faults: 90, events: 90 });
    expect(await lastRun(fixture.db)).toMatchObject({
      started_at: NOW,
      finished_at: NOW,
      report: { events: { removed: 0, bytes: 0 }, faults: { removed: 1, bytes: 5 } },
    });
    expect(fixture.log).toEqual([['retention', { kind: 'faults', removed: 1, bytes: 5 }]]);
  });

  it('is done once a day by all processes together', async () => {
    fixture.oldFile('faults/fault-1.txt', 100);
    const reports = await Promise.all([
      fixture.run({ faults: 90 }, true),
      fixture.run({ faults: 90 }, true),
      fixture.run({ faults: 90 }, true),
    ]);
    expect(reports.filter((report) => report !== null)).toEqual([{ faults: { removed: 1, bytes: 5 } }]);
  });

  it('shares the work with others that run at the same time: each thing is counted once', async () => {
    for (let made = 0; made < 30; made++) await fixture.refusedMail(`m-${made}`, 40);
    for (let made = 0; made < 30; made++) fixture.oldFile(`faults/fault-${made}.txt`, 100);
    const reports = await Promise.all([1, 2, 3].map(() => fixture.run({ refused_mail: 30, faults: 90 })));
    const total = (kind: 'refused_mail' | 'faults') =>
      reports.reduce((sum, report) => sum + (report?.[kind]?.removed ?? 0), 0);
    expect([total('refused_mail'), total('faults')]).toEqual([30, 30]);
    expect(await fixture.stored()).toEqual([]);
  });
});
