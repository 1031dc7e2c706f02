/**
 * Outbox sync: moves the outbox file of a settled delivery to sent/ or failed/, with the result written into it. The row is
 * the truth, and syncing twice changes nothing, nor do two workers that sync at the same moment: what is read is read in the
 * order in which it is moved. The agent may have changed, removed or planted any file in the folder: then the record is made
 * from the row alone.
 */
import {
  holds,
  MAX_MAIL_FILE_BYTES,
  MAX_RAW_LENGTH,
  type MailMark,
  type MailResult,
  type MailSource,
  recordHead,
  renderError,
  sha256Hex,
} from '@tinyfat/core';
import { type Delivery, deliveryById, endedUnfiledIds, markFiled } from '@tinyfat/database';
import type { ConsumerDeps } from '../consumer.ts';
import { OUTBOX, setOutboxAside } from './folder.ts';

/** A record is its mail and the result, with some numbers written longer than they were. */
const MAX_RECORD_BYTES = MAX_MAIL_FILE_BYTES + 1_000_000;
/** A record up to this size is parsed to find its delivery; of a larger one the beginning names it. */
const SMALL_BYTES = 100_000;
/** Names on disk have at most 255 bytes; a record's name has the delivery's id in it as well. */
const MAX_NAME_BYTES = 180;

type Deps = Pick<ConsumerDeps, 'folders' | 'clock' | 'db' | 'logger' | 'workers'>;
type RecordFolder = 'sent' | 'failed';

/** Syncs every settled delivery that is not filed yet: what a dead worker left, or a report has changed. Never rejects. */
export async function syncOutbox(deps: Deps): Promise<void> {
  try {
    for (const id of await endedUnfiledIds(deps.db)) await syncDelivery(deps, id);
  } catch (error) {
    deps.logger.warn('deliveries_not_filed', { error: String(error) });
  }
}

/**
 * Syncs one delivery, unless it is still to be sent. Never rejects: an agent that makes its own folder unusable stops only
 * its own sync, which is tried again with the next `syncOutbox`.
 */
export async function syncDelivery(deps: Deps, id: string): Promise<void> {
  try {
    let misplaced = false;
    for (;;) {
      const delivery = await deliveryById(deps.db, id);
      if (!delivery || delivery.state === 'pending' || delivery.state === 'sending') return;
      if (delivery.filed === 1 && !misplaced) return;
      await writeRecord(deps, delivery);
      if (await markFiled(deps.db, id, delivery.state)) return;
      // A report changed the state in the meantime, so the file belongs elsewhere, even where another sync has filed it.
      misplaced = true;
    }
  } catch (error) {
    deps.logger.warn('delivery_not_filed', { delivery: id, error: String(error) });
  }
}

/** Whether the row stands for no mail, but for the files of a turn that were too many. */
export function isOverLimit(delivery: Partial<Pick<Delivery, 'source_file' | 'reason_code'>>): boolean {
  return delivery.source_file === null && delivery.reason_code === 'outbox_over_limit';
}

async function writeRecord(deps: Deps, delivery: Delivery): Promise<void> {
  if (isOverLimit(delivery)) {
    return await setOutboxAside(deps, delivery.agent_id, `outbox/failed/over-limit-${delivery.id}`);
  }
  const isSent = delivery.state === 'sent';
  const folder: RecordFolder = isSent ? 'sent' : 'failed';
  const moved = isSent || delivery.sent_at !== null;
  const before = moved ? await findRecord(deps, delivery, isSent ? 'failed' : 'sent') : null;
  // After the first sync a file of that name in outbox/email is another mail.
  const filedBefore = before !== null && before.source !== null;
  const original = filedBefore ? before.source : await takeOriginal(deps, delivery);
  // Read last: a sync elsewhere writes the record before it removes what it was made from.
  const there = await findRecord(deps, delivery, folder);
  const source = original ?? there.source;
  const fallback = moved ? summary(delivery) : { original: null };
  const record = await deps.workers.recordOutbox(source, resultOf(deps, delivery), fallback);
  await deps.folders.write(delivery.agent_id, there.path, record.text);
  if (!filedBefore) await clearOutbox(deps, delivery, folder, record.whole);
  else if (record.whole) await deps.folders.unlink(delivery.agent_id, before.path);
}

function resultOf(deps: Deps, delivery: Delivery): MailResult {
  const { id, reason_code, reason } = delivery;
  if (delivery.state === 'sent') {
    return {
      state: 'sent',
      sentAt: delivery.sent_at ?? deps.clock(),
      provider: delivery.provider ?? 'unknown',
      providerId: delivery.provider_id,
      messageId: delivery.message_id,
    };
  }
  const error = renderError(reason_code ?? 'internal', reason);
  return {
    state: 'failed',
    failedAt: deps.clock(),
    error: error.replaceAll(/\boutbox (approve|retry) ID\b/g, `outbox $1 ${id}`),
    delivery: id,
  };
}

/** The outbox file; null where it is no longer the one that the delivery was made from. */
async function takeOriginal(deps: Deps, delivery: Delivery): Promise<MailSource | null> {
  const file = await readOriginal(deps, delivery);
  const isIt = file.ok && (await isOriginal(delivery, file.bytes));
  return isIt ? { mark: { kind: 'mail' }, raw: file.bytes } : null;
}

/** Reads no more than a short beginning of a file that was refused unread. */
function readOriginal(deps: Deps, delivery: Delivery) {
  const most = delivery.source_sha256 === null ? MAX_RAW_LENGTH : MAX_MAIL_FILE_BYTES;
  return deps.folders.read(delivery.agent_id, `${OUTBOX}/${delivery.source_file}`, most);
}

async function isOriginal({ source_sha256 }: Delivery, bytes: Uint8Array): Promise<boolean> {
  return source_sha256 === null || (await sha256Hex(bytes)) === source_sha256;
}

/**
 * Finds the record of this delivery, or the path to write it to: `name.json`, or `name-{delivery}.json` where another mail
 * has that name.
 */
async function findRecord(
  deps: Deps,
  delivery: Delivery,
  folder: RecordFolder,
): Promise<{ path: string; source: MailSource | null }> {
  const mark: Exclude<MailMark, { kind: 'mail' }> =
    folder === 'sent'
      ? { kind: 'sent', messageId: delivery.message_id }
      : { kind: 'failed', delivery: delivery.id };
  const stem = `outbox/${folder}/${shortened((delivery.source_file ?? '').replace(/\.json$/, ''))}`;
  const plain = `${stem}.json`;
  const numbered = `${stem}-${delivery.id}.json`;
  let free = numbered;
  for (const path of [plain, numbered]) {
    const small = await deps.folders.read(delivery.agent_id, path, SMALL_BYTES);
    if (small.ok) {
      const source = { mark, raw: small.bytes };
      if (holds(source)) return { path, source };
    } else if (small.reason === 'too_large') {
      const raw = await readLarge(deps, delivery.agent_id, path, recordHead(mark));
      if (raw !== null) return { path, source: { mark, raw } };
    } else if (path === plain && small.reason === 'missing') {
      free = plain;
    }
  }
  return { path: free, source: null };
}

/** The whole record where the file begins with `head`; null for any other file, of which no more is read. */
async function readLarge(
  deps: Deps,
  agentId: string,
  path: string,
  head: string,
): Promise<Uint8Array | null> {
  const start = await deps.folders.readFrom(agentId, path, 0, new TextEncoder().encode(head).length);
  if (!start.ok || new TextDecoder().decode(start.bytes) !== head) return null;
  const file = await deps.folders.read(agentId, path, MAX_RECORD_BYTES);
  return file.ok ? file.bytes : null;
}

/** Removes the file from outbox/email; where the record does not hold all of it, moves it beside the record. */
async function clearOutbox(
  deps: Deps,
  delivery: Delivery,
  folder: RecordFolder,
  whole: boolean,
): Promise<void> {
  const path = `${OUTBOX}/${delivery.source_file}`;
  const file = await readOriginal(deps, delivery);
  if (!file.ok && file.reason === 'missing') return;
  // A file that was changed since is a new mail, for the next collection.
  if (file.ok && !(await isOriginal(delivery, file.bytes))) return;
  if (file.ok && whole) return await deps.folders.unlink(delivery.agent_id, path);
  const original = `outbox/${folder}/${shortened(delivery.source_file ?? '')}.original-${delivery.id}`;
  await deps.folders.move(delivery.agent_id, path, original);
}

/** A name, cut to the length that leaves space for the id. */
function shortened(name: string): string {
  const bytes = new TextEncoder().encode(name).subarray(0, MAX_NAME_BYTES);
  return new TextDecoder().decode(bytes).replace(/\ufffd+$/, '');
}

/** What a record says of a mail whose file the agent changed or removed before it was sent. */
function summary({ recipients, subject }: Delivery): Record<string, unknown> {
  return { to: JSON.parse(recipients), subject };
}
