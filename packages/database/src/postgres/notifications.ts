/**
 * Notifications between processes (sql-notify.html): heard on a connection of their own, which a pooler in transaction mode
 * can't give. They may be lost; rows are the truth.
 */
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../schema/index.ts';
import { connectionTo, readPostgresAddress } from './address.ts';

interface ListenOptions {
  /** Of a server, not a pooler. */
  url: string;
  /** PEM certificates of the authorities of its certificate; null = those that Node trusts. */
  authorities: string | null;
  /** Plain letters and underscores. */
  channel: string;
  onNotification(payload: string): void;
  /** It is heard from now on; what was said before is lost. Called again after each interruption. */
  onListening(): void;
  /** The connection could not be made, or broke; it is tried again. */
  onInterrupted(error: unknown): void;
  /** A pooler answers, behind which nothing is heard; it is not tried again. */
  onPooler(): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const CONNECT_MS = 30_000;

/** Says something to all who listen, after the transaction that it is called in. */
export async function notify(db: Database, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db);
}

/** Listens until it is closed, through interruptions. */
export function listen(options: ListenOptions): { close(): Promise<void> } {
  let current: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = FIRST_WAIT_MS;

  const interrupted = (client: pg.Client, error: unknown) => {
    // Of one that was given up, or a second word about the same.
    if (client !== current) return;
    current = null;
    void client.end().catch(() => {});
    options.onInterrupted(error);
    timer = setTimeout(() => {
      opening = open();
    }, waitMs);
    timer.unref();
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  };

  const open = async () => {
    const client = clientFor(options);
    current = client;
    client.on('error', (error) => interrupted(client, error));
    client.on('end', () => interrupted(client, new Error('The connection has ended.')));
    try {
      await client.connect();
      if (await isPooled(client)) {
        current = null;
        options.onPooler();
        return await client.end();
      }
      await client.query(`listen ${pg.escapeIdentifier(options.channel)}`);
      if (client !== current) return;
      waitMs = FIRST_WAIT_MS;
      options.onListening();
    } catch (error) {
      interrupted(client, error);
    }
  };

  let opening = open();
  return {
    async close() {
      const client = current;
      current = null;
      clearTimeout(timer);
      await client?.end().catch(() => {});
      await opening;
    },
  };
}

function clientFor({ url, authorities, channel, onNotification }: ListenOptions): pg.Client {
  const read = readPostgresAddress(url);
  if (!read.ok) throw new Error(`The address of the database ${read.reason}.`);
  const connectionTimeoutMillis = CONNECT_MS;
  const client = new pg.Client({ ...connectionTo(read.address, authorities), connectionTimeoutMillis });
  client.on('notification', (heard) => {
    if (heard.channel === channel) onNotification(heard.payload ?? '');
  });
  return client;
}

/** A pooler tells its clients another process than the one of the server that works for them. */
async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return !('processID' in client) || client.processID !== rows[0]?.pid;
}
