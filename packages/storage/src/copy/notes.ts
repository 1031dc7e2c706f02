/** What could not be brought back as the agent left it, in sentences for the owner; a bounded number of them. */
import type { Bucket } from '../bucket/bucket.ts';

const MAX_NAMED = 10;
const MAX_CHARACTERS = 200;

export interface Notes {
  /** Something that is not in the storage as the agent left it, and why. */
  left(path: string, reason: string): void;
  /** The agent's version lies at `beside`. */
  conflict(path: string, beside: string): void;
  sentences(): string[];
}

export function createNotes(): Notes {
  const named: string[] = [];
  let others = 0;
  const add = (sentence: string) => {
    if (named.length < MAX_NAMED) named.push(sentence);
    else others += 1;
  };
  return {
    left: (path, reason) => add(`${shown(path)} ${reason}.`),
    conflict: (path, beside) =>
      add(
        `${shown(path)} was changed by somebody else during the turn: what the agent wrote is ${shown(beside)}.`,
      ),
    sentences: () => (others === 0 ? named : [...named, `The same holds for ${others} others.`]),
  };
}

/** A path in quotes, without anything that a terminal would do. */
function shown(path: string): string {
  return JSON.stringify(`/data/${path}`.slice(0, MAX_CHARACTERS)).replace(/\p{C}/gu, '\ufffd');
}

/** Among the events of the run it is said what was not brought back. */
export async function writeNotes(
  bucket: Bucket,
  prefix: string,
  { runId, sentences, now }: { runId: string; sentences: readonly string[]; now: number },
): Promise<void> {
  if (sentences.length === 0) return;
  const timestamp = new Date(now).toISOString();
  const lines = sentences.map((message) =>
    JSON.stringify({ timestamp, type: 'warning', run_id: runId, message }),
  );
  const name = `${timestamp.replace(/[:.]/g, '-')}-${runId}.jsonl`;
  await bucket.put(`${prefix}events/${name}`, `${lines.join('\n')}\n`);
}
