/**
 * Finds what one call of a tool gave in a session's file (pi's session format, version 3), however long the file is. The
 * agent can write the file: what is found is shown as text and believed in nothing.
 */
import { type AgentFolders, isRecord, parseJsonObject, type ReadRefusal } from '@tinyfat/core';

/** A call: within an attempt at a run its id is its own. */
export interface ToolCall {
  runId: string;
  attempt: number;
  callId: string;
}

/**
 * The whole output; `not_there`: the session has none of that call; `too_long`: its line or the file is longer than is looked
 * at here; else why the file can't be read.
 */
export type ToolOutput =
  | { ok: true; name: string | null; failed: boolean; text: string }
  | { ok: false; reason: 'not_there' | 'too_long' }
  | ReadRefusal;

const SLICE_BYTES = 512 * 1024;
/** A longer line holds a picture or a file, and is not parsed. */
const MOST_LINE_BYTES = 2 * 1024 * 1024;
/** Of a file that is looked through. */
const MOST_FILE_BYTES = 64 * 1024 * 1024;
/** Of lines that are parsed: many may name the call. */
const MOST_PARSED = 8 * 1024 * 1024;
/** Bytes in memory while it is looked for, and as what is found. */
export const TOOL_OUTPUT_BYTES = 2 * (SLICE_BYTES + MOST_LINE_BYTES);
const TOO_LONG = { ok: false, reason: 'too_long' } as const;
const LIMITS = { depth: 64, values: 20_000 };
/** pi writes JSON without blanks; within a text these quotes would be escaped. */
const RUN_BEGINS = '"customType":"tinyfat.run"';

/** Looks through the file at `path`; the last of several outputs of one call counts. */
export async function findToolOutput(
  folders: Pick<AgentFolders, 'readFrom'>,
  { agentId, path }: { agentId: string; path: string },
  call: ToolCall,
): Promise<ToolOutput> {
  let found: ToolOutput = { ok: false, reason: 'not_there' };
  let isInAttempt = false;
  let parsed = 0;
  const look = (line: string | null): void => {
    if (line === null) {
      // Perhaps the one that is looked for.
      if (isInAttempt && !found.ok) found = TOO_LONG;
      return;
    }
    const isMark = line.includes(RUN_BEGINS);
    const isNamed = line.includes(isMark ? call.runId : call.callId);
    if (isMark && !isNamed) isInAttempt = false;
    if (!isNamed || (!isMark && !isInAttempt)) return;
    parsed += line.length;
    const json = parsed > MOST_PARSED ? null : parseJsonObject(line, LIMITS);
    if (!json?.ok) return;
    if (isMark) isInAttempt = beginsAttempt(json.value, call);
    else found = outputIn(json.value, call.callId) ?? found;
  };
  const unread = await readLines(folders, { agentId, path }, look);
  if (unread !== null) return unread;
  return parsed > MOST_PARSED && !found.ok ? TOO_LONG : found;
}

function beginsAttempt({ data }: Record<string, unknown>, { runId, attempt }: ToolCall): boolean {
  return isRecord(data) && data.run_id === runId && data.attempt === attempt;
}

function outputIn({ message }: Record<string, unknown>, callId: string): ToolOutput | null {
  if (!isRecord(message) || message.role !== 'toolResult' || message.toolCallId !== callId) return null;
  return {
    ok: true,
    name: typeof message.toolName === 'string' ? message.toolName.slice(0, 100).toWellFormed() : null,
    failed: message.isError === true,
    text: textOf(message.content).toWellFormed(),
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((block) =>
    isRecord(block) && block.type === 'text' && typeof block.text === 'string' ? block.text : '',
  );
  return texts.filter((text) => text !== '').join('\n');
}

/**
 * Gives each line of a file to `use`, null in the place of one that is too long. Null at the end of the file, else why it is
 * not read further.
 */
async function readLines(
  folders: Pick<AgentFolders, 'readFrom'>,
  { agentId, path }: { agentId: string; path: string },
  use: (line: string | null) => void,
): Promise<typeof TOO_LONG | ReadRefusal | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let isInLongLine = false;
  for (let offset = 0; offset < MOST_FILE_BYTES; offset += SLICE_BYTES) {
    const slice = await folders.readFrom(agentId, path, offset, SLICE_BYTES);
    if (!slice.ok) return slice;
    const isEnd = slice.bytes.length < SLICE_BYTES;
    const [first = '', ...others] = decoder.decode(slice.bytes, { stream: !isEnd }).split('\n');
    const lines = [rest + first, ...others];
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!isInLongLine) use(line);
      isInLongLine = false;
    }
    if (isInLongLine || rest.length > MOST_LINE_BYTES) {
      if (!isInLongLine) use(null);
      isInLongLine = true;
      rest = '';
    }
    if (isEnd) {
      if (rest !== '') use(rest);
      return null;
    }
  }
  return TOO_LONG;
}
