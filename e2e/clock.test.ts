/** A clock that is set back or forward, in a running server and between two runs: what is due goes on, what runs is left alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqlite } from '@tinyfat/database/sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { startSmtpSink } from './support/smtp-sink.ts';
import { startStory } from './support/story.ts';

const CLOCK_ON_SIGNAL = fileURLToPath(new URL('./support/clock-on-signal.mjs', import.meta.url));
const HOUR = 3_600_000;

describe('a clock', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-clock-'));
  const sink = await startSmtpSink();
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await sink.close();
  });
  const offset = join(folder, 'offset');
  writeFileSync(offset, '0');
  const { model, server } = await startStory({
    agents: { scout: [], other: [] },
    environment: {
      NODE_OPTIONS: `--import=${CLOCK_ON_SIGNAL}`,
      CLOCK_OFFSET: offset,
      SMTP_URL: sink.url,
      WORKERS: '2',
      // The first wait after a failure is at least half of it.
      RETRY_BASE_MS: String(HOUR),
    },
  });
  const setClock = (hours: number) => {
    writeFileSync(offset, String(hours * HOUR));
    process.kill(server.pid(), 'SIGUSR2');
  };
  const send = (text: string, agent = 'scout') =>
    sendMail(server, { to: `${agent}@tinyfat.localhost`, text });
  /** Puts what waits off by half an hour, as a failure does. */
  const putOff = async (now: number) => {
    const db = await openSqlite(join(server.dataDir, 'tinyfat.sqlite'));
    const later = { run_at: now + HOUR / 2, scheduled_at: now };
    const put = await db.updateTable('jobs').set(later).where('state', '=', 'ready').executeTakeFirst();
    await db.destroy();
    expect(put.numUpdatedRows).toBe(1n);
  };

  it('that is set back while the server runs delays no mail that waits for its next try', async () => {
    sink.refuseNext({ code: 451, message: 'later' });
    await send('[[reply: Once more.]]');
    // It is pending before its first try, too.
    await eventually(async () => (await newestDelivery(server, 'pending')).attempts).toBe(1);
    setClock(-1);
    await sink.received(1);
    expect(sink.mails[0]?.text).toContain('Once more.');
  });

  it('nor a job', async () => {
    await send('[[gate: first]] [[reply: First.]]');
    await model.arrived('first');
    await send('[[reply: Second.]]');
    await putOff(Date.now() - HOUR);
    model.release('first');
    await sink.received(2);
    setClock(-2);
    await sink.received(3);
    expect(sink.mails[2]?.text).toContain('Second.');
  });

  it('that is set back between two runs delays nothing either', async () => {
    await send('[[gate: third]] [[reply: Third.]]');
    await model.arrived('third');
    await send('[[reply: Fourth.]]');
    await server.kill('SIGKILL');
    await putOff(Date.now() - 2 * HOUR);
    writeFileSync(offset, String(-5 * HOUR));
    model.release('third');
    await server.restart();
    await sink.received(5);
    expect(sink.mails.slice(3).map(({ text }) => text?.split('\n')[0])).toEqual(['Third.', 'Fourth.']);
  });

  it('that jumps forward takes nothing from a turn that runs', async () => {
    await send('[[gate: long]] [[reply: Long.]]', 'other');
    await model.arrived('long');
    const before = server.output().length;
    setClock(24);
    // The server has looked at its rows since.
    await send('[[reply: Fifth.]]');
    await sink.received(6);
    model.release('long');
    await sink.received(7);
    await eventually(async () => (await server.json(['runs', 'other']))[0]).toMatchObject({
      status: 'done',
      attempt: 1,
    });
    expect(server.output().slice(before)).not.toContain('leases_reclaimed');
  });
});
