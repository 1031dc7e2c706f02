/** What strangers left goes when its time is over, beside a running server; what was answered stays, and so does the agent's. */
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { answerTo } from './support/mail.ts';
import { startStory } from './support/story.ts';

const DAY_MS = 24 * 3_600_000;
const { server, ask } = await startStory({
  environment: { RETENTION_REFUSED_MAIL: '2', RETENTION_EVENTS: '2' },
});
const to = 'scout@tinyfat.localhost';

/** As if everything had come three days ago. */
function age(agent: string): void {
  const db = new DatabaseSync(join(server.dataDir, 'tinyfat.sqlite'), { timeout: 10_000 });
  db.prepare('update mails set received_at = received_at - ?').run(3 * DAY_MS);
  db.close();
  const then = new Date(Date.now() - 3 * DAY_MS);
  for (const folder of ['events', 'sessions']) {
    const below = join(server.dataDir, 'agents', agent, folder);
    for (const name of readdirSync(below)) utimesSync(join(below, name), then, then);
  }
}

it('shows what would go, removes it, and says so', async () => {
  expect((await ask({ to, text: '[[reply: Hello.]]' })).text).toContain('Hello.');
  const raw = `From: eve@example.net\r\nTo: ${to}\r\nSubject: spam\r\nMessage-ID: <spam@x.example>\r\n\r\nBuy.\r\n`;
  const spam = await answerTo(server, { envelope: { from: 'eve@example.net', to }, raw });
  expect(spam.code).toBe(550);
  const { id } = await server.json(['agent', 'show', 'scout']);
  const folder = join(server.dataDir, 'agents', id);
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  age(id);

  const kinds = (counts: { kind: string; removed: number }[]) =>
    Object.fromEntries(
      counts.filter(({ removed }) => removed > 0).map(({ kind, removed }) => [kind, removed]),
    );
  const looked = await server.json(['retention']);
  expect(kinds(looked.would_go)).toEqual({ refused_mail: 1, events: 1 });
  const ran = await server.json(['retention', '--now']);
  expect(kinds(ran.removed)).toEqual({ refused_mail: 1, events: 1 });
  expect(kinds((await server.json(['retention'])).last_run.counts)).toEqual({ refused_mail: 1, events: 1 });

  const mails: { id: string; subject: string; state: string }[] = await server.json(['mails', 'scout']);
  expect(mails.map(({ state }) => state).sort()).toEqual(['refused', 'replied']);
  for (const mail of mails) {
    const shown = await server.cli(['mails', 'raw', mail.id]);
    if (mail.state === 'replied') expect(shown.stdout).toContain('Hello.');
    else expect([shown.code, shown.stderr]).toEqual([1, expect.stringContaining('its time was over')]);
  }
  expect(readdirSync(join(folder, 'events'))).toEqual([]);
  expect(readdirSync(join(folder, 'sessions'))).toHaveLength(1);
  expect([existsSync(join(folder, 'MEMORY.md')), existsSync(join(folder, 'notes.txt'))]).toEqual([
    true,
    true,
  ]);
});
