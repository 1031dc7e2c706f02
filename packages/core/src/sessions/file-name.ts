/** Names of pi's session files: `{time}_{uuid}.jsonl`, the time as ISO 8601 with hyphens for `:` and `.`. */

const NAME =
  /^(\d{4}-\d{2}-\d{2}T\d{2})-(\d{2})-(\d{2})-(\d{3})Z_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/;

/** A session file by its name. */
interface SessionFileName {
  /** When the session began, epoch ms. */
  startedAt: number;
  /** The session's UUID, lower case. */
  id: string;
}

/** Whether a name is that of the file of this session. */
export function isFileOfSession(id: string): (name: string) => boolean {
  const end = `_${id}.jsonl`;
  return (name) => name.endsWith(end) && parseSessionFileName(name)?.id === id;
}

/** Reads a file name (no folder). Null when it is no session's: the folder is the agent's, anything may be in it. */
export function parseSessionFileName(name: string): SessionFileName | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, hour, minute, second, millisecond, id] = match;
  const startedAt = Date.parse(`${hour}:${minute}:${second}.${millisecond}Z`);
  return id === undefined || Number.isNaN(startedAt) ? null : { startedAt, id };
}
