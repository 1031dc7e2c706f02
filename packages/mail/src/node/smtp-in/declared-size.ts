/**
 * A message whose declared size (RFC 1870) is beyond the limit is refused by smtp-server itself, which tells no
 * callback and says one limit of two. Its log is where that shows: the command, and in the same turn of the event loop
 * the answer to it, which has our words by then.
 */
import type { SMTPServerOptions } from 'smtp-server';
import { answers, answerText } from './answers.ts';

/** A logger for smtp-server. `onRefused` gets the connection's id and the MAIL command as it was sent. */
export function declaredSizeWatch(
  onRefused: (connection: string, command: string) => void,
): NonNullable<SMTPServerOptions['logger']> {
  let command = '';
  return {
    debug(entry: { tnx?: string; cid?: string }, _direction: string, text: string) {
      if (entry.tnx === 'command') command = text;
      if (entry.tnx !== 'send' || entry.cid === undefined) return;
      if (/^MAIL /i.test(command) && text === ownRefusal) onRefused(entry.cid, command);
    },
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
}

const theirRefusal = 'Error: message exceeds fixed maximum message size';
const ownText = answerText(answers.tooLarge);
const ownRefusal = `${answers.tooLarge.code} ${ownText}`;

/** What of a connection of smtp-server sends an answer. */
interface Answering {
  send(code: number, data?: string | string[] | null, context?: string | false): void;
}

/** Has a connection refuse a declared size in our words. */
export function explainDeclaredSize(connection: Answering): void {
  const send = connection.send.bind(connection);
  connection.send = (code, data, context) => {
    const isTheirs = typeof data === 'string' && data.startsWith(theirRefusal);
    if (isTheirs) send(answers.tooLarge.code, ownText, false);
    else send(code, data, context);
  };
}
