/** Writes mails with their verdicts and makes the jobs: copies fold, limits hold, and all of it is one transaction. */
import {
  type Clock,
  canonicalAddress,
  judgeLimits,
  type LimitCode,
  type MailLimits,
  type MakeId,
  QUARANTINE_LIMIT,
} from '@tinyfat/core';
import {
  agentById,
  askForNotice,
  countAccepted,
  countQuarantine,
  type Database,
  hasSameMessageId,
  insertMail,
  mailById,
  type NewMail,
  releaseFromQuarantine,
  replaceQuarantinedCopy,
  rewriteMail,
} from '@tinyfat/database';
import type { JobQueue } from '@tinyfat/jobs';
import { type Arrival, MailboxFull, type Release } from './contract.ts';

export interface MailQueue {
  /**
   * Writes mails with their verdicts, and a job for each accepted one that is no copy and over no limit, in one
   * durable transaction. `also` writes what must be true with them. Rejects with `MailboxFull`.
   */
  enqueue(
    mails: readonly NewMail[],
    also?: (tx: Database, arrivals: readonly Arrival[]) => Promise<void>,
  ): Promise<Arrival[]>;
  /** Makes the job of a mail in quarantine; it comes after everything that waits. */
  releaseMail(mailId: string): Promise<Release>;
}

export interface MailQueueDeps {
  db: Database;
  jobs: Pick<JobQueue, 'add'>;
  clock: Clock;
  makeId: MakeId;
  limits: MailLimits;
  /** How long the notice to an owner waits for more that there is to tell, ms. */
  ownerNoticeDelayMs: number;
}

/** The `MailQueue` over the tables of mails and jobs. */
export function mailQueue({ db, jobs, clock, makeId, limits, ownerNoticeDelayMs }: MailQueueDeps): MailQueue {
  async function arrive(tx: Database, mail: NewMail): Promise<Arrival> {
    if (!(await insertMail(tx, mail)) && !(await takePlace(tx, mail))) return await fold(tx, mail);
    const { id: mailId, verdict, reason_code: code } = mail;
    if (verdict === 'quarantined') await demandRoom(tx, mail, verdict, QUARANTINE_LIMIT + 1);
    if (verdict !== 'accepted') return { mailId, verdict, code, queued: false };
    const owner = await ownerBase(tx, mail);
    const isOwner = isProven(mail) && owner === mail.sender_base;
    const who = { sender: mail.sender ?? '', isOwner };
    const over = judgeLimits(await countAccepted(tx, mail), limits, who);
    if (over) {
      const { verdict, code, reason } = over;
      await demandRoom(tx, mail, verdict, QUARANTINE_LIMIT);
      await rewriteMail(tx, mailId, { verdict, reason_code: code, reason, state: verdict });
      if (verdict === 'over_limit') await tellOfLimit(tx, mail, { code, owner });
      return { mailId, verdict, code, queued: false };
    }
    await jobs.add(tx, mail);
    return { mailId, verdict, code, queued: true };
  }

  /** The sender is told only where authentication proved who that is; an owner who is the sender is told once. */
  async function tellOfLimit(
    tx: Database,
    mail: NewMail,
    { code, owner }: { code: LimitCode; owner: string | null },
  ): Promise<void> {
    const at = clock();
    const about = { agent_id: mail.agent_id, mail_id: mail.id, limit_code: code, at };
    if (owner !== null) {
      const dueAt = at + ownerNoticeDelayMs;
      await askForNotice(tx, { ...about, role: 'owner', recipient: owner, id: makeId(), dueAt });
    }
    if (!isProven(mail) || mail.sender_base == null || mail.sender_base === owner) return;
    const recipient = mail.sender_base;
    await askForNotice(tx, { ...about, role: 'sender', recipient, id: makeId(), dueAt: at });
  }

  return {
    async enqueue(mails, also) {
      return await db.transaction().execute(async (tx) => {
        const arrivals: Arrival[] = [];
        for (const mail of mails) arrivals.push(await arrive(tx, mail));
        await also?.(tx, arrivals);
        return arrivals;
      });
    },

    async releaseMail(mailId) {
      return await db.transaction().execute(async (tx) => {
        const mail = await mailById(tx, mailId);
        if (!mail) return 'unknown';
        if (!(await releaseFromQuarantine(tx, mailId))) return 'not_waiting';
        await jobs.add(tx, mail);
        return 'queued';
      });
    },
  };
}

/** A mail that is beyond doubt takes the place of a doubtful copy in quarantine; false where there is none. */
async function takePlace(tx: Database, mail: NewMail): Promise<boolean> {
  return (
    mail.verdict === 'accepted' && (await replaceQuarantinedCopy(tx, mail)) && (await insertMail(tx, mail))
  );
}

/** Throws where `most` or more wait for the owner with this verdict; each has its own room. */
async function demandRoom(
  tx: Database,
  { agent_id }: NewMail,
  verdict: 'quarantined' | 'over_limit',
  most: number,
): Promise<void> {
  if ((await countQuarantine(tx, agent_id, verdict)) >= most) throw new MailboxFull(agent_id);
}

/** The owner's address without tag. */
async function ownerBase(tx: Database, mail: NewMail): Promise<string | null> {
  const agent = await agentById(tx, mail.agent_id);
  const owner = agent && canonicalAddress(agent.owner);
  return owner?.ok === true ? owner.base : null;
}

/** Whether authentication proved the sender; whoever knows a secret address could have written the others. */
function isProven(mail: NewMail): boolean {
  return mail.reason_code === 'accepted';
}

/** Keeps a copy as a row of its own that wakes nobody. */
async function fold(tx: Database, mail: NewMail): Promise<Arrival> {
  const code = (await hasSameMessageId(tx, mail)) ? 'duplicate' : 'replayed';
  const reason =
    code === 'duplicate'
      ? 'The same Message-ID was already taken for this agent.'
      : 'The same signature was already taken for this agent, under another Message-ID: it is a copy.';
  const copy = { verdict: 'duplicate', state: 'duplicate' } as const;
  await tx
    .insertInto('mails')
    .values({ ...mail, ...copy, reason_code: code, reason, state_reason: reason })
    .execute();
  return { mailId: mail.id, verdict: copy.verdict, code, queued: false };
}
