/** What a tool gave, whole: events have only its beginning, the session has all of it. */
import { isFileOfSession } from '@tinyfat/core';
import { isRunOver, type RunOfMail } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../endpoint.ts';
import * as routes from '../routes/runs.ts';
import {
  findToolOutput,
  TOOL_OUTPUT_BYTES,
  type ToolCall,
  type ToolOutput,
} from '../transcript/tool-output.ts';
import { busy, fileRefusal } from './read-file.ts';

/** Files that say that they are of one session: the agent can make more. */
const MOST_OF_ONE = 100;
/** Of one answer. */
const MAX_TEXT_BYTES = 48 * 1024;

export const toolOutputEndpoints = [
  endpoint(routes.getToolOutput, async ({ deps, see, params, query, reservation }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const run = found.row;
    const call = await callOf(deps, run, params.event);
    if (call === null) return refuse('not_found');
    const name = await sessionFileOf(deps, run);
    if (name === null) return gone(NO_SESSION);
    if (!reservation.take(TOOL_OUTPUT_BYTES)) return busy();
    const path = `sessions/${name}`;
    const output = await findToolOutput(deps.folders, { agentId: run.agent_id, path }, call);
    if (!output.ok) return refusal(output);
    const bytes = new TextEncoder().encode(output.text);
    const from = characterAt(bytes, query.offset);
    const to = characterAt(bytes, from + MAX_TEXT_BYTES);
    return {
      ok: true,
      body: {
        tool: output.name,
        failed: output.failed,
        bytes: bytes.length,
        text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from, to)),
        offset: from,
        next_offset: to < bytes.length ? to : null,
      },
    };
  }),
];

const NO_SESSION = 'The session of this run is not there any more.';

function refusal(output: Exclude<ToolOutput, { ok: true }>): Refusal {
  switch (output.reason) {
    case 'missing':
      return gone(NO_SESSION);
    case 'not_there':
      return gone('The session of this run has nothing of this call.');
    case 'too_long':
      return gone('The session is too long for its output to be found here.');
    default:
      return fileRefusal(output);
  }
}

/** The call that an event is of; null where it is of none. */
async function callOf(deps: ApiDeps, run: RunOfMail, seq: number): Promise<ToolCall | null> {
  const all = await deps.events.read(run).more(isRunOver(run));
  const one = all.find((event) => event.seq === seq);
  const { type, id } = one?.event ?? {};
  if (one === undefined || (type !== 'tool_call' && type !== 'tool_result')) return null;
  return typeof id === 'string' && /^[\w.:|-]{1,200}$/.test(id)
    ? { runId: run.id, attempt: one.attempt, callId: id }
    : null;
}

/** The name of the file, however many sessions there are; null where there is none. */
async function sessionFileOf(deps: ApiDeps, run: RunOfMail): Promise<string | null> {
  if (run.session_id === null) return null;
  const only = isFileOfSession(run.session_id);
  const files = await deps.folders.list(run.agent_id, 'sessions', MOST_OF_ONE, { only });
  return files.find(({ kind }) => kind === 'file')?.name ?? null;
}

function gone(detail: string): Refusal {
  return { ...refuse('conflict', detail), nextStep: 'Only what the run has recorded of it is left.' };
}

/** Where a character begins, of UTF-8: at this byte or, within one, before it; at most at the end. */
function characterAt(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) return bytes.length;
  let at = offset;
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
