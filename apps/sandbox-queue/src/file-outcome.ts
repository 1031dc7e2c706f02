/**
 * Puts the outbox file of a settled delivery where its state says: sent/ or failed/, with the result written into it.
 * The row is the truth; this is its picture in the agent's folder, and doing it twice changes nothing. Whatever lies in
 * the folder may have been changed, removed or planted by the agent: then a record is made from the row alone.
 */
import {
  failedOriginal,
  failedRecord,
  renderError,
  sentOriginal,
  sentRecord,
  sha256Hex,
} from '@tinyfat/core';
import { type Delivery, deliveryById, markFiled, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerPorts } from './consumer.ts';

const MAX_FILE_BYTES = 25_000_000;
type Ports = Pick<ConsumerPorts, 'folders' | 'clock' | 'db' | 'logger'>;
type RecordFolder = 'sent' | 'failed';

/** What is known of a delivery when its file is put in its place. */
type Settled = Pick<Delivery, 'id' | 'agent_id' | 'source_file' | 'source_sha256' | 'message_id' | 'state'> &
  Partial<Delivery>;

/** Files whatever is settled and not filed yet: after a crash, or a report on a mail that was sent. Never rejects. */
export async function fileSettled(ports: Ports): Promise<void> {
  try {
    for (const { id } of await unfiledDeliveries(ports.db, null)) await fileDelivery(ports, id);
  } catch (error) {
    ports.logger.warn('deliveries_not_filed', { error: String(error) });
  }
}

/**
 * Files one delivery by its row, unless it is still to be sent. Never rejects: an agent can make its own folder
 * unusable, which is its loss and nobody else's, and is tried again at the next start.
 */
export async function fileDelivery(ports: Ports, id: string): Promise<void> {
  await orLogged(ports, id, async () => {
    let misplaced = false;
    for (;;) {
      const delivery = await deliveryById(ports.db, id);
      if (!delivery || delivery.state === 'pending' || delivery.state === 'sending') return;
      if (delivery.filed === 1 && !misplaced) return;
      await place(ports, delivery);
      if (await markFiled(ports.db, id, delivery.state)) return;
      // A report came in the meantime, and the file belongs elsewhere, whoever else files it at this moment.
      misplaced = true;
    }
  });
}

/** Puts a file that no delivery was made from into failed/. Never rejects. */
export async function fileLeftOver(
  ports: Ports,
  left: { id: string; agentId: string; file: string },
): Promise<void> {
  await orLogged(ports, left.id, () =>
    place(ports, {
      id: left.id,
      agent_id: left.agentId,
      source_file: left.file,
      source_sha256: null,
      message_id: '',
      state: 'failed',
      reason_code: 'outbox_left_over',
    }),
  );
}

async function orLogged(ports: Ports, delivery: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    ports.logger.warn('delivery_not_filed', { delivery, error: String(error) });
  }
}

async function place(ports: Ports, delivery: Settled): Promise<void> {
  const isSent = delivery.state === 'sent';
  const wasSent = delivery.sent_at != null;
  const before = isSent || wasSent ? await findRecord(ports, delivery, isSent ? 'failed' : 'sent') : null;
  // Once it was filed, a file of that name in outbox/email is another mail.
  const filedBefore = before !== null && before.original !== null;
  const original = filedBefore ? before.original : await takeOriginal(ports, delivery);
  const there = await findRecord(ports, delivery, isSent ? 'sent' : 'failed');
  const written = original ?? there.original ?? (wasSent ? summary(delivery) : null);
  const record = isSent ? sent(ports, delivery, written) : failed(ports, delivery, written);
  await ports.folders.write(delivery.agent_id, there.path, record);
  if (filedBefore) await ports.folders.unlink(delivery.agent_id, before.path);
  else await clearOutbox(ports, delivery);
}

function sent(ports: Ports, delivery: Settled, original: string | null): string {
  return sentRecord(original ?? summary(delivery), {
    sentAt: delivery.sent_at ?? ports.clock(),
    provider: delivery.provider ?? 'unknown',
    providerId: delivery.provider_id ?? null,
    messageId: delivery.message_id,
  });
}

function failed(ports: Ports, { id, reason_code, reason }: Settled, original: string | null): string {
  const error = renderError(reason_code ?? 'internal', reason ?? null);
  return failedRecord(original, {
    failedAt: ports.clock(),
    error: error.replaceAll(/\boutbox (approve|retry) ID\b/g, `outbox $1 ${id}`),
    delivery: id,
  });
}

/** The text of the outbox file, provided that it is still the one that the delivery was made from. */
async function takeOriginal(ports: Ports, delivery: Settled): Promise<string | null> {
  const path = `outbox/email/${delivery.source_file}`;
  const file = await ports.folders.read(delivery.agent_id, path, MAX_FILE_BYTES);
  if (!file.ok) return null;
  const same = delivery.source_sha256 == null || (await sha256Hex(file.bytes)) === delivery.source_sha256;
  return same ? new TextDecoder().decode(file.bytes) : null;
}

/**
 * Where the record of this delivery lies, with the mail as the agent wrote it, or is to be put: `name.json`, or
 * `name-{delivery}.json` where another mail had that name before.
 */
async function findRecord(
  ports: Ports,
  delivery: Settled,
  folder: RecordFolder,
): Promise<{ path: string; original: string | null }> {
  const stem = `outbox/${folder}/${(delivery.source_file ?? '').replace(/\.json$/, '')}`;
  const plain = `${stem}.json`;
  const numbered = `${stem}-${delivery.id}.json`;
  let free = numbered;
  for (const path of [plain, numbered]) {
    const file = await ports.folders.read(delivery.agent_id, path, MAX_FILE_BYTES);
    if (!file.ok) {
      if (path === plain && file.reason === 'missing') free = plain;
      continue;
    }
    const text = new TextDecoder().decode(file.bytes);
    const original =
      folder === 'sent' ? sentOriginal(text, delivery.message_id) : failedOriginal(text, delivery.id);
    if (original !== null) return { path, original };
  }
  return { path: free, original: null };
}

/** Takes the file out of outbox/email; what could not be read as a file is kept beside its record. */
async function clearOutbox(ports: Ports, delivery: Settled): Promise<void> {
  const path = `outbox/email/${delivery.source_file}`;
  const file = await ports.folders.read(delivery.agent_id, path, MAX_FILE_BYTES);
  if (file.ok) {
    const same = delivery.source_sha256 == null || (await sha256Hex(file.bytes)) === delivery.source_sha256;
    // A file that was changed since is a new mail; it stays for the next look.
    if (same) await ports.folders.unlink(delivery.agent_id, path);
  } else if (file.reason !== 'missing') {
    await ports.folders.move(
      delivery.agent_id,
      path,
      `outbox/failed/${delivery.source_file}.original-${delivery.id}`,
    );
  }
}

/** Stands for a file that the agent changed or removed before its mail was sent. */
function summary({ recipients, subject }: Settled): string {
  return JSON.stringify({ to: JSON.parse(recipients ?? '[]'), subject: subject ?? '' });
}
