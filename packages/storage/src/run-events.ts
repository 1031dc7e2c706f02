/**
 * Reads a run's events out of the agent's folder, all attempts, in order, also while they are being written. The agent
 * could have written them: they are passed on as data, and bounded.
 */
import {
  type AgentFolders,
  type Clock,
  JSON_OBJECT_LIMITS,
  parseJsonObject,
  type RunEventReader,
  type RunEventRecord,
  type RunEvents,
  type RunOfEvents,
} from '@tinyfat/core';

/** Behind the time at which the run began: an agent that was busy for months has more files than can be listed. */
const MAX_LISTED = 1000;
/** The first files from the run's start on are its own; an agent can add more, which are not read. */
const MAX_FILES = 200;
const MAX_FILE_BYTES = 5_000_000;
const MAX_BYTES = 20_000_000;
/** JSON values in all events of a run, which take far more memory than their characters. Real events have some ten. */
const MAX_VALUES = 200_000;
/** The first line, which names the run, is short. */
const FIRST_BYTES = 64_000;
const MAX_PART_BYTES = 1_000_000;
/** Listing the folder costs more than reading a known file: the fuller it is, the rarer it is listed. */
const LIST_EVERY_MS = 1000;
const LIST_AT_FIRST_MS = 250;
const PART_OF_TIME = 100;
/** Files are named by the time at which they begin. */
const EARLIER_MS = 60_000;
const NEWLINE = 10;
/** An attempt that a stop of the server ended is counted too; beyond this a number is none of ours. */
const MOST_ATTEMPTS = 10_000;

interface EventFile {
  path: string;
  /** Read so far. */
  offset: number;
  /** What was read behind the last line break. */
  rest: Uint8Array;
  /** The first line names the run; null before it was read. */
  isOurs: boolean | null;
  /** As the first line says it; each attempt has a file of its own. */
  attempt: number;
  /** Nothing more is read of it. */
  isOver: boolean;
}

/** The events of runs in the agents' folders, whichever store they are in. */
export function folderRunEvents(folders: Pick<AgentFolders, 'list' | 'readFrom'>, clock: Clock): RunEvents {
  return { read: (run) => readerOf(folders, run, clock) };
}

function readerOf(
  folders: Pick<AgentFolders, 'list' | 'readFrom'>,
  run: RunOfEvents,
  clock: Clock,
): RunEventReader {
  const files = new Map<string, EventFile>();
  const earliest = new Date(run.started_at - EARLIER_MS).toISOString().replace(/[:.]/g, '-');
  let listAgainAt = Number.NEGATIVE_INFINITY;
  let bytesLeft = MAX_BYTES;
  let valuesLeft = MAX_VALUES;
  let seq = 0;

  const look = async () => {
    const began = clock();
    if (began < listAgainAt) return;
    for (const { kind, name } of await folders.list(run.agent_id, 'events', MAX_LISTED, { from: earliest })) {
      if (kind !== 'file' || files.has(name) || files.size >= MAX_FILES) continue;
      const path = `events/${name}`;
      files.set(name, { path, offset: 0, rest: new Uint8Array(), isOurs: null, attempt: 1, isOver: false });
    }
    const every = [...files.values()].some((file) => file.isOurs) ? LIST_EVERY_MS : LIST_AT_FIRST_MS;
    listAgainAt = began + Math.max(every, (clock() - began) * PART_OF_TIME);
  };

  const readFile = async (file: EventFile, last: boolean): Promise<RunEventRecord[]> => {
    const events: RunEventRecord[] = [];
    while (!file.isOver && bytesLeft > 0) {
      const most = file.isOurs === null ? FIRST_BYTES : MAX_PART_BYTES;
      const part = await folders.readFrom(run.agent_id, file.path, file.offset, most);
      if (!part.ok) break;
      file.offset += part.bytes.length;
      bytesLeft -= part.bytes.length;
      const { lines, rest } = splitLines(file.rest, part.bytes);
      const isEnd = part.bytes.length < most;
      file.rest = rest;
      if (last && isEnd) lines.push(rest);
      for (const line of lines) {
        const values = Math.min(JSON_OBJECT_LIMITS.values, valuesLeft);
        const parsed = parseJsonObject(new TextDecoder().decode(line), { ...JSON_OBJECT_LIMITS, values });
        if (!parsed.ok) continue;
        const event = parsed.value;
        if (file.isOurs === null) {
          file.isOurs = event.run_id === run.id;
          file.attempt = attemptOf(event);
        }
        if (!file.isOurs) continue;
        valuesLeft -= parsed.values;
        events.push({ seq: ++seq, attempt: file.attempt, event });
      }
      const isNone = file.isOurs === false || (file.isOurs === null && file.offset >= FIRST_BYTES);
      file.isOver = isNone || file.offset > MAX_FILE_BYTES || rest.length > MAX_PART_BYTES;
      if (isEnd) break;
    }
    return events;
  };

  return {
    async more(last) {
      await look();
      const events: RunEventRecord[] = [];
      for (const [, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
        events.push(...(await readFile(file, last)));
      }
      return events;
    },
  };
}

/** 1 where the line does not say a number that can be one. */
function attemptOf({ attempt }: Record<string, unknown>): number {
  return typeof attempt === 'number' && Number.isInteger(attempt) && attempt > 0 && attempt <= MOST_ATTEMPTS
    ? attempt
    : 1;
}

function splitLines(before: Uint8Array, part: Uint8Array): { lines: Uint8Array[]; rest: Uint8Array } {
  const bytes = new Uint8Array(before.length + part.length);
  bytes.set(before);
  bytes.set(part, before.length);
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.slice(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.slice(start) };
}
