/** How much of an agent's outbox one turn sends. Inside the sandbox and outside of it the same holds. */

/** Mails of one turn; more than that is a mistake, or an attack on somebody's mailbox. */
export const MAX_MAILS = 100;

/** Bytes of one file in `outbox/email`, which may carry its attachments in base64. */
export const MAX_MAIL_FILE_BYTES = 25_000_000;

/** Bytes that are read for the mails of one turn: the files themselves and the attachments that they name. */
export const MAX_TURN_BYTES = 100_000_000;

/** Name of the file with a run's own reply, the same for every attempt. */
export function replyFileName(runId: string): string {
  return `${runId}.json`;
}

/**
 * Which files of `outbox/email` become mails of a run: its own reply, then the others in order of name, 100 in all. A
 * name that begins with a dot is a draft.
 */
export function pickMails(names: readonly string[], runId: string): { taken: string[]; over: string[] } {
  const reply = replyFileName(runId);
  const others = names.filter((name) => name !== reply && !name.startsWith('.')).sort();
  const all = names.includes(reply) ? [reply, ...others] : others;
  return { taken: all.slice(0, MAX_MAILS), over: all.slice(MAX_MAILS) };
}
