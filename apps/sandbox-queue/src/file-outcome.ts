/**
 * Puts the outbox file of a settled delivery where its state says: sent/ or failed/, with the result written
 * into it. The row is the truth; this is its picture in the agent's folder, and doing it twice changes nothing.
 */
import { failedOriginal, failedRecord, renderError, sentRecord, sha256Hex } from '@tinyfat/core';
import { type Delivery, markFiled, type NewDelivery } from '@tinyfat/database';
import type { ConsumerPorts } from './consumer.ts';

const MAX_FILE_BYTES = 25_000_000;
type Filed = Pick<NewDelivery, 'agent_id' | 'id' | 'source_file' | 'source_sha256' | 'message_id'>;
type Ports = Pick<ConsumerPorts, 'folders' | 'clock' | 'db'>;

/** Files a delivery in a final or held state and notes that in its row. */
export async function fileDelivery(ports: Ports, delivery: Delivery): Promise<void> {
  if (delivery.state === 'sent') {
    const failure = await failedFile(ports, delivery);
    const original = (await takeOriginal(ports, delivery)) ?? failure?.original;
    const record = sentRecord(original ?? summary(delivery), {
      sentAt: delivery.sent_at ?? ports.clock(),
      provider: delivery.provider ?? 'unknown',
      providerId: delivery.provider_id,
      messageId: delivery.message_id,
    });
    await put(ports, delivery, 'sent', record);
    if (failure) await ports.folders.unlink(delivery.agent_id, failure.path);
  } else {
    await fileFailed(ports, delivery);
  }
  await markFiled(ports.db, delivery.id);
}

/** Moves a file that was refused, held, or could not be delivered to failed/, with the reason and what to do. */
export async function fileFailed(
  ports: Ports,
  delivery: Filed & { reason_code?: string | null; reason?: string | null; state: string },
): Promise<void> {
  const error = renderError(delivery.reason_code ?? 'internal', delivery.reason ?? null).replaceAll(
    'outbox approve ID',
    `outbox approve ${delivery.id}`,
  );
  const original = await takeOriginal(ports, delivery);
  await put(
    ports,
    delivery,
    'failed',
    failedRecord(original, { failedAt: ports.clock(), error, delivery: delivery.id }),
  );
}

/** The text of the outbox file, provided that it is still the one that the delivery was made from. */
async function takeOriginal(ports: Ports, delivery: Filed): Promise<string | null> {
  const file = await ports.folders.read(
    delivery.agent_id,
    `outbox/email/${delivery.source_file}`,
    MAX_FILE_BYTES,
  );
  if (!file.ok) return null;
  const same = delivery.source_sha256 == null || (await sha256Hex(file.bytes)) === delivery.source_sha256;
  return same ? new TextDecoder().decode(file.bytes) : null;
}

/** The record of this delivery in failed/, where an earlier try or the owner's approval left it. */
async function failedFile(ports: Ports, delivery: Filed): Promise<{ path: string; original: string } | null> {
  for (const path of recordPaths(delivery, 'failed')) {
    const file = await ports.folders.read(delivery.agent_id, path, MAX_FILE_BYTES);
    const original = file.ok ? failedOriginal(new TextDecoder().decode(file.bytes), delivery.id) : null;
    if (original !== null) return { path, original };
  }
  return null;
}

async function put(ports: Ports, delivery: Filed, folder: 'sent' | 'failed', record: string): Promise<void> {
  const [plain, numbered] = recordPaths(delivery, folder);
  const there = await ports.folders.read(delivery.agent_id, plain, 0);
  const path = !there.ok && there.reason === 'missing' ? plain : numbered;
  await ports.folders.write(delivery.agent_id, path, record);
  await clearOutbox(ports, delivery);
}

/** `sent/name.json`, or `sent/name-{delivery}.json` where another mail had that name before. */
function recordPaths(delivery: Filed, folder: 'sent' | 'failed'): [string, string] {
  const stem = (delivery.source_file ?? '').replace(/\.json$/, '');
  return [`outbox/${folder}/${stem}.json`, `outbox/${folder}/${stem}-${delivery.id}.json`];
}

/** Takes the file out of outbox/email; what could not be read as a file is kept beside its record. */
async function clearOutbox(ports: Ports, delivery: Filed): Promise<void> {
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
function summary(delivery: Delivery): string {
  return JSON.stringify({ to: JSON.parse(delivery.recipients), subject: delivery.subject });
}
