/** Something that changes as server-sent events (WHATWG HTML section 9.2): whole, whenever it is another. */
import type { ApiDeps } from '../deps.ts';
import { ALIVE, frame, HEARTBEAT, HEARTBEAT_MS, pause, streamBounds } from './follow-run.ts';

/** How it is now; null where it is gone. */
type Look = () => Promise<{ state: unknown; isOver: boolean } | null>;

/** Frames: how it is, each time that it is otherwise, a sign of life where nothing happens for a while, and the end. */
export async function* followState(
  deps: Pick<ApiDeps, 'clock' | 'streams'>,
  signal: AbortSignal,
  look: Look,
): AsyncGenerator<string> {
  const { pollMs, mostMs } = streamBounds(deps);
  const began = deps.clock();
  let spoke = began;
  let before = '';
  // Node sends the head of an answer with its first byte: the client learns at once that it is connected.
  yield HEARTBEAT;
  while (!signal.aborted && deps.clock() - began < mostMs) {
    const now = await look();
    if (now === null) return;
    const text = JSON.stringify(now.state);
    if (text !== before) {
      before = text;
      spoke = deps.clock();
      yield frame(now.state);
    }
    if (now.isOver) return yield frame(null, { event: 'end' });
    if (deps.clock() - spoke >= HEARTBEAT_MS) {
      spoke = deps.clock();
      yield ALIVE;
    }
    await pause(pollMs, signal);
  }
}
