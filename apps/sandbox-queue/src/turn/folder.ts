/** How full the agent's folder is: before a turn, and after it, when it is on record and the owner hears of it. */
import { byteSize, type FolderQuota, folderQuota } from '@tinyfat/core';
import { claimFolderNotice, insertDeliveries, setFolderSize, transact } from '@tinyfat/database';
import type { Letter } from '@tinyfat/mail';
import { agentAddress, type ConsumerDeps, type Work } from '../consumer.ts';
import { ownerMail } from '../mails/host-mail.ts';

/** The owner is written at most once in this time, ms. */
const NOTICE_PERIOD_MS = 24 * 3_600_000;

type Deps = Pick<ConsumerDeps, 'folderQuotaBytes' | 'measureFolder'>;
type ReportDeps = Deps & Parameters<typeof ownerMail>[0] & Pick<ConsumerDeps, 'logger' | 'wakeUp'>;

/** What the folder of an agent held last, and what its turn may add. */
export interface OpenFolder extends FolderQuota {
  /** Null: it was never measured. */
  holds: number | null;
}

/** Looks at what is on record; where that would end the mail without a turn, at the folder itself: room may have been made. */
export async function openFolder(deps: Deps, { agent }: Pick<Work, 'agent'>): Promise<OpenFolder> {
  const quota = deps.folderQuotaBytes;
  const known = folderQuota(quota, agent.folder_bytes);
  if (!known.closed) return { ...known, holds: agent.folder_bytes };
  const holds = await deps.measureFolder(agent.id, agent.folder_bytes ?? 0);
  return { ...folderQuota(quota, holds), holds };
}

/** Why there is no turn, for the sender. */
export function closedFolder({ folderQuotaBytes: quota }: Deps, { holds }: OpenFolder): string {
  return `It holds ${byteSize(holds ?? 0)} where ${byteSize(quota)} is the limit, so that no turn was begun: whoever runs the server has to make room.`;
}

/**
 * Writes the owner once a day where the folder holds nearly all it may. `bytes` null: it is measured and put on record
 * first, which takes seconds. Never rejects: the turn is over.
 */
export async function reportFolder(
  deps: ReportDeps,
  work: Pick<Work, 'agent' | 'mail'>,
  { runId, bytes }: { runId: string; bytes: number | null },
): Promise<void> {
  const { agent } = work;
  try {
    const holds = bytes ?? (await measured(deps, agent.id));
    if (folderQuota(deps.folderQuotaBytes, holds).nearlyFull) await writeOwner(deps, work, { runId, holds });
  } catch (error) {
    deps.logger.warn('folder_not_measured', { agent: agent.name, error: String(error) });
  }
}

async function measured(deps: ReportDeps, agentId: string): Promise<number> {
  const holds = await deps.measureFolder(agentId, Number.MAX_SAFE_INTEGER);
  await setFolderSize(deps.db, agentId, holds, deps.clock());
  return holds;
}

async function writeOwner(
  deps: ReportDeps,
  work: Pick<Work, 'agent' | 'mail'>,
  { runId, holds }: { runId: string; holds: number },
): Promise<void> {
  const { agent } = work;
  const notice = { agentId: agent.id, now: deps.clock(), periodMs: NOTICE_PERIOD_MS };
  // Composed first, and claimed with its row: a claim without a mail would keep the owner in the dark for a day.
  const before = agent.folder_notice_at ?? Number.NEGATIVE_INFINITY;
  if (before > notice.now - notice.periodMs && before <= notice.now) return;
  const delivery = await ownerMail(deps, work, {
    runId,
    subject: `${agent.name}: its folder is nearly full`,
    letter: fullLetter(agentAddress(deps, agent), holds, deps.folderQuotaBytes),
    footer: `Run ${runId}`,
  });
  // An owner who is suppressed can't approve a mail to themselves.
  if (delivery.state !== 'pending') return;
  const isDue = await transact(deps.db, [], async (tx) => {
    if (!(await claimFolderNotice(tx, notice))) return false;
    await insertDeliveries(tx, [delivery]);
    return true;
  });
  if (isDue) deps.wakeUp.wake('deliveries');
}

function fullLetter(address: string, holds: number, quota: number): Letter {
  const paragraph = (text: string, quiet = false) => ({ kind: 'text' as const, text: [text], quiet });
  return {
    heading: holds < quota ? "An agent's folder is nearly full" : "An agent's folder is full",
    blocks: [
      paragraph(`The folder of ${address} holds ${byteSize(holds)} of the ${byteSize(quota)} that it may.`),
      paragraph(
        'The agent reads the same before each of its turns. Ask it to delete what it does not need. A turn that writes much more than is left is stopped, and its mail gets no answer.',
      ),
      paragraph('You get this once a day at most, as the owner of the agent.', true),
    ],
  };
}
