/**
 * A message whose declared size (RFC 1870) is beyond the limit is refused by smtp-server itself, which tells no
 * callback. Its log is where that shows: the command, and in the same turn of the event loop the answer to it.
 */
import type { SMTPServerOptions } from 'smtp-server';

/** A logger for smtp-server. `onRefused` gets the connection's id and the MAIL command as it was sent. */
export function declaredSizeWatch(
  onRefused: (connection: string, command: string) => void,
): NonNullable<SMTPServerOptions['logger']> {
  let command = '';
  return {
    debug(entry: { tnx?: string; cid?: string }, _direction: string, text: string) {
      if (entry.tnx === 'command') command = text;
      if (entry.tnx !== 'send' || entry.cid === undefined) return;
      if (text.startsWith('552 Error: message exceeds')) onRefused(entry.cid, command);
    },
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
}
