/** The events of a run as they come, until it ends. */
import type { RunOfMail } from '@tinyfat/database';
import type { ApiDeps } from '../deps.ts';
import type { Visible } from '../visible.ts';
import { frame, HEARTBEAT, pause } from './event-stream.ts';
import { runEventReader } from './run-event-reader.ts';

const POLL_MS = 250;
const HEARTBEAT_MS = 15_000;
/** A token may have been revoked meanwhile: whoever wants more comes again, with the id of the last event. */
const MOST_MS = 15 * 60_000;

/** Frames: each event behind `after`, a comment where nothing happens for a while, and the end of the run. */
export async function* followRun(
  deps: Pick<ApiDeps, 'folders' | 'clock'>,
  see: Visible,
  run: RunOfMail,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = runEventReader(deps.folders, run, deps.clock);
  const began = deps.clock();
  let spoke = began;
  // Node sends the head of an answer with its first byte: the client learns at once that it is let in.
  yield HEARTBEAT;
  while (!signal.aborted && deps.clock() - began < MOST_MS) {
    // Its state first: what was written before the end is then read before the end is told.
    const now = await see.run(run.id);
    if (!now.ok) return;
    const { status, error_code, attempt } = now.row;
    const isOver = status !== 'running';
    for (const { seq, event } of await reader.more(isOver)) {
      if (seq <= after) continue;
      spoke = deps.clock();
      yield frame(event, { id: seq });
    }
    if (isOver) return yield frame({ status, error_code, attempt }, { event: 'end' });
    if (deps.clock() - spoke >= HEARTBEAT_MS) {
      spoke = deps.clock();
      yield HEARTBEAT;
    }
    await pause(POLL_MS, signal);
  }
}
