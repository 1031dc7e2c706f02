/** What every part gets of the process that it runs in: clock, ids, jitter, log, wake-ups. */
import { toHex } from '../bytes/sha256.ts';

/** The one clock: milliseconds since the Unix epoch. */
export type Clock = () => number;

/** The one id maker: a fresh UUIDv7, lower case with hyphens (RFC 9562 section 5.7). */
export type MakeId = () => string;

/** What every part gets of the process that it runs in. */
export interface Runtime {
  clock: Clock;
  makeId: MakeId;
  /** In [0, 1); for the jitter of retries, never for secrets. */
  random(): number;
  logger: Logger;
  worker: WorkerIdentity;
}

/** One process among all that work on the same rows. */
export interface WorkerIdentity {
  /** Names this process and none before or after it; printable ASCII without blanks. */
  id: string;
  /** Whether the process with that id lives; null where this one cannot know, as for another machine. */
  lives(id: string): boolean | null;
}

/** The kinds of rows that a worker sleeps for. */
export type WakeTopic = 'jobs' | 'deliveries' | 'reports' | 'webhook_events' | 'sign_in_mails';

/** Says that rows of a kind are due. Rows are the truth: a wake-up that is lost, doubled or too early does no harm. */
export interface WakeUp {
  wake(topic: WakeTopic): void;
}

/** One structured log line. Fields never hold a key, a token or the text of a mail. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** A UUIDv7: ids sort by the time of their making. `randomBytes` must be cryptographically strong. */
export function newId(clock: Clock, randomBytes: (count: number) => Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(randomBytes(16));
  new DataView(bytes.buffer).setUint16(0, Math.floor(clock() / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, clock() % 2 ** 32);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
