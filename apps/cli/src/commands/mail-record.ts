/** One mail by its id: what was found out about it, its bytes, and letting it in after all. */
import { randomBytes } from 'node:crypto';
import { type AuthenticationEvidence, describeError, isErrorCode, newId } from '@tinyfat/core';
import { agentById, deliveriesOfMail, discardMails, type Mail, mailById } from '@tinyfat/database';
import { databaseQueue } from '@tinyfat/queue';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { QUEUE_TIMES } from '../server/queue-times.ts';
import { printable, time } from './command.ts';
import { namedAgent } from './open.ts';

type MailAction = (data: DataFolder, config: Config, id: string, json: boolean) => Promise<number>;

/** Prints everything that is on record about a mail. */
export const showMail: MailAction = async (data, _config, id, json) => {
  const mail = await known(data, id);
  if (!mail) return 1;
  const agent = await agentById(data.db, mail.agent_id);
  const evidence: AuthenticationEvidence | null = JSON.parse(mail.evidence);
  const deliveries = (await deliveriesOfMail(data.db, id)).map(({ id, kind, state, recipients }) => ({
    id,
    kind,
    state,
    recipients,
  }));
  if (json) {
    console.log(JSON.stringify({ ...mail, agent: agent?.name, evidence, deliveries }, null, 2));
    return 0;
  }
  const lines: [string, string][] = [
    ['id', mail.id],
    ['agent', agent?.name ?? mail.agent_id],
    ['received', `${time(mail.received_at)} over ${mail.via} from ${mail.client_address ?? '-'}`],
    ['envelope', `<${mail.envelope_sender}> to <${mail.envelope_recipient}>`],
    ['from', `${mail.sender ?? '-'} ${mail.sender_name === '' ? '' : `(calls itself ${mail.sender_name})`}`],
    ['subject', mail.subject],
    ['date', time(mail.sent_at)],
    ['message-id', mail.message_id],
    ['bytes', String(mail.raw_bytes)],
    ['verdict', `${mail.verdict} (${mail.reason_code}): ${mail.reason}`],
    ['state', `${mail.state}${mail.state_reason === '' ? '' : `: ${mail.state_reason}`}`],
    ...(mail.authentication === '' ? [] : [['sender', mail.authentication] as [string, string]]),
    ...evidenceLines(evidence),
    ...deliveries.map((one): [string, string] => [
      'delivery',
      `${one.id}: ${one.kind} to ${one.recipients}, ${one.state}`,
    ]),
  ];
  if (isErrorCode(mail.reason_code)) lines.push(['next step', describeError(mail.reason_code).nextStep]);
  for (const [name, text] of lines) console.log(`${name.padEnd(10)}  ${printable(text).trim()}`);
  return 0;
};

/** Writes the bytes as they came to standard output; of a refused mail only the beginning is kept. */
export const rawMail: MailAction = async (data, _config, id) => {
  const mail = await known(data, id);
  if (!mail) return 1;
  const raw = await data.rawMail.get(mail.raw_key);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(raw, (error) => (error ? reject(error) : resolve()));
  });
  if (raw.length < mail.raw_bytes) {
    console.error(
      `tinyfat: the mail got no turn (${mail.verdict}); of its ${mail.raw_bytes} bytes the first ${raw.length} are kept.`,
    );
  }
  return 0;
};

/** Gives a held mail, or one over a limit, its turn after all. A running server begins it within a second. */
export const releaseMail: MailAction = async (data, config, id) => {
  const mail = await known(data, id);
  if (!mail) return 1;
  const queue = databaseQueue({
    ...QUEUE_TIMES,
    db: data.db,
    clock: Date.now,
    makeId: () => newId(Date.now, randomBytes),
    limits: config.limits,
  });
  if ((await queue.releaseMail(id)) === 'queued') {
    console.log(`The mail of ${mail.sender} waits for its turn.`);
    return 0;
  }
  if (mail.state === 'held') {
    console.error(
      'tinyfat: the mail had its turn, and its answer is held; see: tinyfat outbox list, tinyfat outbox approve ID',
    );
    return 1;
  }
  const { nextStep } = describeError(mail.reason_code);
  const hint = mail.verdict === 'refused' || mail.verdict === 'automatic' ? ` ${nextStep}` : '';
  console.error(
    `tinyfat: the mail is ${mail.state} (verdict ${mail.verdict}); only mails that are held at the door or over a limit can be released.${hint}`,
  );
  return 1;
};

/** Ends a mail that waits at the door, without a turn. It stays on record with its bytes. */
export const discardMail: MailAction = async (data, _config, id) => {
  const mail = await known(data, id);
  if (!mail) return 1;
  if ((await discardMails(data.db, { mailId: id })) === 1) {
    console.log('The mail gets no turn. It stays on record.');
    return 0;
  }
  console.error(
    `tinyfat: the mail is ${mail.state}; only mails that are held at the door or over a limit can be discarded.`,
  );
  return 1;
};

/** The same for all mails of an agent that wait at the door. */
export async function discardAll(data: DataFolder, name: string): Promise<number> {
  const agent = await namedAgent(data, name);
  if (!agent) return 1;
  const count = await discardMails(data.db, { agentId: agent.id });
  console.log(`${count} mails get no turn. They stay on record.`);
  return 0;
}

async function known(data: DataFolder, id: string): Promise<Mail | null> {
  const mail = await mailById(data.db, id);
  if (!mail)
    console.error(`tinyfat: there is no mail ${printable(id)}; tinyfat mails shows them with their ids.`);
  return mail ?? null;
}

function evidenceLines(evidence: AuthenticationEvidence | null): [string, string][] {
  if (!evidence) return [['checked', 'nothing: the mail could not be read']];
  const who = {
    trusted_client: 'not checked: the client is trusted',
    verified: 'by this server',
    asserted: `by ${evidence.authserv ?? '-'}, which the operator trusts`,
    unverified: 'nothing that counts',
  };
  const lines: [string, string][] = [['checked', who[evidence.source]]];
  const aligned = (is: boolean) => (is ? 'aligned with From' : 'another domain than From');
  if (evidence.spf) {
    const { result, domain, aligned: is } = evidence.spf;
    lines.push(['SPF', `${result} for ${domain ?? '-'}, ${aligned(is)}`]);
  }
  for (const one of evidence.dkim) {
    const limited = one.bodyLengthLimited ? ', covers only the beginning of the body (l=)' : '';
    const at = typeof one.signedAt === 'number' ? `, signed ${time(one.signedAt)}` : '';
    lines.push([
      'DKIM',
      `${one.result} for ${one.domain} (${one.selector}), ${aligned(one.aligned)}${limited}${at}`,
    ]);
  }
  if (evidence.dmarc) {
    const { result, domain, policy } = evidence.dmarc;
    lines.push(['DMARC', `${result} for ${domain ?? '-'}, policy ${policy ?? 'not published'}`]);
  }
  return lines;
}
