/** Waits for the end of a mail and reads its answer from the delivery. */
import { deliveriesOfMail, type Mail, mailByMessageId } from '@tinyfat/database';
import { mailWorkers } from '@tinyfat/mail/node';
import type { DataFolder } from './data-folder.ts';

const POLL_MS = 50;
const UNDER_WAY = new Set<Mail['state']>(['queued']);

/** The answer's text, or why there is none; waits at most `mostMs` milliseconds. */
export async function awaitAnswer(
  data: DataFolder,
  messageId: string,
  mostMs: number,
): Promise<{ ok: boolean; text: string }> {
  const until = Date.now() + mostMs;
  while (Date.now() < until) {
    const mail = await mailByMessageId(data.db, messageId);
    if (mail && !UNDER_WAY.has(mail.state)) return await answerOf(data, mail);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { ok: false, text: 'No answer in time. The mail is kept; tinyfat mails shows what becomes of it.' };
}

async function answerOf(data: DataFolder, mail: Mail): Promise<{ ok: boolean; text: string }> {
  const ok = mail.state === 'replied' || mail.state === 'command';
  const deliveries = await deliveriesOfMail(data.db, mail.id);
  const answer = deliveries.find((delivery) => delivery.kind !== 'mail' && delivery.raw_key !== '');
  if (!answer) return { ok, text: `${mail.state}: ${mail.state_reason}` };
  const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'localhost' });
  try {
    const read = await workers.read(await data.rawMail.get(answer.raw_key));
    if (!read.ok) return { ok, text: read.reason };
    const { text, quoted, forwarded } = read.content;
    return { ok, text: [text, quoted, forwarded].filter((part) => part !== '').join('\n\n') };
  } finally {
    await workers.close();
  }
}
