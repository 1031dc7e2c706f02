/**
 * Writes mails with their verdicts and makes the jobs, with copies and limits, in one transaction under the locks of its
 * agents: so limits are exact, and an agent's jobs are numbered in the order in which they are committed. Jobs that wait
 * over all agents are counted without a lock, since one would be a queue for everybody: that limit may be passed by what
 * arrives at the same moment, which is harmless, as it only bounds how long the line grows.
 */
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
  indexDocument,
  insertMail,
  mailById,
  mailDocument,
  type NewMail,
  releaseFromQuarantine,
  replaceQuarantinedCopy,
  rewriteMail,
  transact,
} from '@tinyfat/database';
import type { JobQueue } from '@tinyfat/jobs';
import { type Arrival, MailboxFull, type Release } from './contract.ts';
import { type Again, type AgainRequest, runAgain } from './run-again.ts';

export interface MailQueue {
  /**
   * Writes mails with their verdicts, and a job for each accepted one that is no copy and over no limit, in one
   * durable transaction. `also` writes rows that must be true with them, and may be called again after a rollback.
   * Rejects with `MailboxFull`.
   */
  enqueue(
    mails: readonly NewMail[],
    also?: (tx: Database, arrivals: readonly Arrival[]) => Promise<void>,
  ): Promise<Arrival[]>;
  /** Makes the job of a mail in quarantine, after all jobs that wait. */
  releaseMail(mailId: string): Promise<Release>;
  /** Makes another job and run of the mail of a run that has ended. */
  runAgain(request: AgainRequest): Promise<Again>;
  /**
   * Writes a note of the owner with its job, after all jobs that wait, in one transaction with `also`; `text` is what the
   * owner wrote, by which it is found. False, and nothing is written, where `also` gives false. No limit counts: who may
   * decide has asked for one turn.
   */
  enqueueNote(note: NewMail, text: string, also: (tx: Database) => Promise<boolean>): Promise<boolean>;
}

interface MailQueueDeps {
  db: Database;
  jobs: Pick<JobQueue, 'add'>;
  clock: Clock;
  makeId: MakeId;
  limits: MailLimits;
  /** How long the notice to an owner is delayed, so that it reports further mails too; ms. */
  ownerNoticeDelayMs: number;
}

/** The `MailQueue` over the tables of mails and jobs. */
export function mailQueue({ db, jobs, clock, makeId, limits, ownerNoticeDelayMs }: MailQueueDeps): MailQueue {
  async function insert(tx: Database, mail: NewMail): Promise<Arrival> {
    if (!(await insertMail(tx, mail)) && !(await replaceCopy(tx, mail))) return await insertCopy(tx, mail);
    const { id: mailId, verdict, reason_code: code } = mail;
    if (verdict === 'quarantined') await checkCapacity(tx, mail, verdict, QUARANTINE_LIMIT + 1);
    if (verdict !== 'accepted') return { mailId, verdict, code, queued: false };
    const owner = await ownerBase(tx, mail);
    const isOwner = isProven(mail) && owner === mail.sender_base;
    const who = { sender: mail.sender ?? '', isOwner };
    const over = judgeLimits(await countAccepted(tx, mail), limits, who);
    if (over) {
      const { verdict, code, reason } = over;
      await checkCapacity(tx, mail, verdict, QUARANTINE_LIMIT);
      await rewriteMail(tx, mailId, { verdict, reason_code: code, reason, state: verdict });
      if (verdict === 'over_limit') await requestNotices(tx, mail, { code, owner });
      return { mailId, verdict, code, queued: false };
    }
    await jobs.add(tx, mail);
    return { mailId, verdict, code, queued: true };
  }

  /** A notice to the owner, and one to the sender where authentication proved the sender, who is not the owner. */
  async function requestNotices(
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
      const agents = mails.map(({ agent_id }) => `agent:${agent_id}` as const);
      return await transact(db, agents, async (tx) => {
        const arrivals: Arrival[] = [];
        for (const mail of mails) arrivals.push(await insert(tx, mail));
        await also?.(tx, arrivals);
        return arrivals;
      });
    },

    async releaseMail(mailId) {
      const mail = await mailById(db, mailId);
      if (!mail) return 'unknown';
      return await transact(db, [`agent:${mail.agent_id}`], async (tx) => {
        if (!(await releaseFromQuarantine(tx, mailId))) return 'not_waiting';
        await jobs.add(tx, mail);
        return 'queued';
      });
    },

    runAgain: (request) => runAgain({ db, jobs, clock, makeId }, request),
    async enqueueNote(note, text, also) {
      return await transact(db, [`agent:${note.agent_id}`], async (tx) => {
        if (!(await also(tx))) return false;
        await tx.insertInto('mails').values(note).execute();
        await indexDocument(tx, mailDocument(note, text));
        await jobs.add(tx, note);
        return true;
      });
    },
  };
}

/** Replaces a copy in quarantine by an accepted mail; false where there is none. */
async function replaceCopy(tx: Database, mail: NewMail): Promise<boolean> {
  return (
    mail.verdict === 'accepted' && (await replaceQuarantinedCopy(tx, mail)) && (await insertMail(tx, mail))
  );
}

/** Throws `MailboxFull` where `most` or more mails of the agent wait with this verdict. */
async function checkCapacity(
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

/** Whether authentication proved the sender; a mail to a secret address proves only that its writer knows it. */
function isProven(mail: NewMail): boolean {
  return mail.reason_code === 'accepted';
}

/** Writes a copy as a row without a job. */
async function insertCopy(tx: Database, mail: NewMail): Promise<Arrival> {
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
