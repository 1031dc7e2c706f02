/**
 * After a turn: every file in outbox/email becomes a delivery (invariant 6: it is only data), or goes to failed/ with its
 * reason. One bad file never stops the others. No file is moved before the rows are written: a file that is found again
 * after a crash is known by its name and hash.
 */
import { type FolderEntry, MAX_MAILS, MAX_TURN_BYTES, pickMails, replyFileName } from '@tinyfat/core';
import { unfiledDeliveries, type WrittenDelivery } from '@tinyfat/database';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { newDelivery } from '../mails/new-delivery.ts';
import { awaitedFiles, listOutbox, OUTBOX } from './folder.ts';
import { prepareDelivery } from './prepare.ts';
import { isOverLimit, syncDelivery } from './sync.ts';

type Deps = Pick<
  ConsumerDeps,
  'db' | 'folders' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain' | 'logger'
>;

interface CollectedOutbox {
  /** In the order of sending; refused ones too, in state `failed`. */
  deliveries: WrittenDelivery[];
  /** Moves files that were refused or await approval to failed/; to be called once the rows are written. */
  syncRefused(): Promise<void>;
}

/** Syncing mostly waits for the disk. */
const SYNCED_AT_ONCE = 4;

/** Node puts this into a name that is not UTF-8; the file can't be opened by such a name. */
const NOT_UTF8 = '\ufffd';

/** Checks, composes and stores every new file of an agent's outbox; writes no rows. */
export async function collectOutbox(
  deps: Deps,
  work: Pick<Work, 'agent' | 'mail'>,
  run: { runId: string; footer: string | null },
): Promise<CollectedOutbox> {
  const known = await unfiledDeliveries(deps.db, work.agent.id);
  const { files, again, over } = await filesToRead(deps, work, { ...run, awaited: awaitedFiles(known) });
  const budget = { left: MAX_TURN_BYTES };
  const deliveries: WrittenDelivery[] = [];
  for (const file of [...files, ...again]) {
    const delivery = await prepareDelivery(deps, work, { ...run, file, known, budget });
    if (delivery) deliveries.push(delivery);
  }
  if (over !== null) {
    const refused = newDelivery(deps, work, { runId: run.runId, file: null });
    const subject = 'Files that were not sent';
    deliveries.push({ ...refused, subject, reason_code: 'outbox_over_limit', reason: over });
  }
  return {
    deliveries,
    async syncRefused() {
      const refused = deliveries.filter(({ state }) => state === 'failed' || state === 'awaiting_approval');
      const files = refused.filter((delivery) => !isOverLimit(delivery));
      for (let from = 0; from < files.length; from += SYNCED_AT_ONCE) {
        const some = files.slice(from, from + SYNCED_AT_ONCE);
        await Promise.all(some.map(({ id }) => syncDelivery(deps, id)));
      }
      // These move all that is left in the folder, so they come last.
      for (const { id } of refused.filter(isOverLimit)) await syncDelivery(deps, id);
    },
  };
}

/** `over` says which files are not read; null where all are. */
interface FilesToRead {
  files: string[];
  /** Files of deliveries that are still to be sent: new mails where the agent has changed them since. */
  again: string[];
  over: string | null;
}

/** All in the order in which they were written; where they are too many, the reply and then the others by name. */
async function filesToRead(
  deps: Deps,
  work: Pick<Work, 'agent' | 'mail'>,
  { runId, awaited }: { runId: string; awaited: ReadonlySet<string> },
): Promise<FilesToRead> {
  const { entries, more } = await listOutbox(deps, work.agent.id);
  const named = entries.filter(({ name }) => !name.includes(NOT_UTF8));
  const fresh = named.filter(({ name }) => !awaited.has(name));
  const names = fresh.map(({ name }) => name);
  const reply = replyFileName(runId);
  if (more && !names.includes(reply) && (await exists(deps, work, reply))) names.push(reply);
  const picked = pickMails(names, runId);
  const unnamed = entries.length - named.length;
  const nothingOver = picked.over.length === 0 && unnamed === 0 && !more;
  const again = named.filter(({ name }) => awaited.has(name)).map(({ name }) => name);
  return {
    files: nothingOver ? byTime(fresh) : picked.taken,
    again: again.slice(0, MAX_MAILS - picked.taken.length),
    over: nothingOver ? null : overLimit({ over: picked.over.length, unnamed, more }),
  };
}

async function exists(deps: Deps, { agent }: Pick<Work, 'agent'>, name: string): Promise<boolean> {
  const found = await deps.folders.readFrom(agent.id, `${OUTBOX}/${name}`, 0, 1);
  return found.ok || found.reason !== 'missing';
}

function byTime(entries: readonly FolderEntry[]): string[] {
  return entries
    .toSorted((a, b) => a.modifiedAt - b.modifiedAt || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

function overLimit({ over, unnamed, more }: { over: number; unnamed: number; more: boolean }): string {
  const files = (count: number) => (count === 1 ? '1 file' : `${count} files`);
  const reasons = [
    ...(over > 0 || more
      ? [
          `outbox/email held ${more ? 'more than ' : ''}${files(over)} besides the ${MAX_MAILS} mails that are sent after one turn.`,
        ]
      : []),
    ...(unnamed > 0 ? [`The names of ${files(unnamed)} are not UTF-8.`] : []),
  ];
  return reasons.join(' ');
}
