/** Notifications come through a server, go on after its connection broke, and are not waited for behind a pooler. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../schema/index.ts';
import { listen, notify } from './notifications.ts';
import { openPostgres } from './open.ts';
import { type OwnDatabase, ownDatabase } from './test-support/databases.ts';

let own: OwnDatabase;
let db: Database;
beforeEach(async () => {
  own = await ownDatabase();
  db = await openPostgres({ url: own.poolerUrl, directUrl: own.url });
});
afterEach(async () => {
  await db.destroy();
  await own.dispose();
});

/** Listens; each of what is heard is awaited in turn. */
function listener(url: string) {
  const events: string[] = [];
  let ring = () => {};
  const note = (event: string) => {
    events.push(event);
    ring();
  };
  const line = listen({
    url,
    authorities: null,
    channel: 'a_channel',
    onNotification: (payload) => note(`heard ${payload}`),
    onListening: () => note('listening'),
    onInterrupted: () => note('interrupted'),
    onPooler: () => note('pooler'),
  });
  return {
    ...line,
    events,
    async next(): Promise<string | undefined> {
      if (events.length === 0) {
        await new Promise<void>((resolve) => {
          ring = resolve;
        });
      }
      return events.shift();
    },
  };
}

it('are heard by those who listen to the channel, also when they are said through a pooler', async () => {
  const line = listener(own.url);
  expect(await line.next()).toBe('listening');
  await notify(db, 'another', 'x');
  await notify(db, 'a_channel', 'jobs 1');
  expect(await line.next()).toBe('heard jobs 1');
  await line.close();
  await notify(db, 'a_channel', 'jobs 2');
  expect(line.events).toEqual([]);
});

it('are heard again after the connection was ended by the server', async () => {
  const line = listener(own.url);
  expect(await line.next()).toBe('listening');
  await own.as(
    null,
    `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()`,
  );
  expect([await line.next(), await line.next()]).toEqual(['interrupted', 'listening']);
  await notify(db, 'a_channel', 'again');
  expect(await line.next()).toBe('heard again');
  await line.close();
});

it('are not listened for behind a pooler, which would hear them and not pass them on', async () => {
  const line = listener(own.poolerUrl);
  expect(await line.next()).toBe('pooler');
  await notify(db, 'a_channel', 'x');
  expect(line.events).toEqual([]);
  await line.close();
});
