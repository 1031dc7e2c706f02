/** The events of a run as server-sent events (WHATWG HTML section 9.2), until it ends. */
import { isRunOver, type RunOfMail } from '@tinyfat/database';
import type { ApiDeps } from '../deps.ts';
import type { Visible } from '../visible.ts';
import { shownRun } from './shown-run.ts';

const POLL_MS = 250;
/** A stream on which nothing happens says so after this time, ms. */
export const HEARTBEAT_MS = 15_000;
/** Then a stream ends, since its token may have been revoked; the client resumes after the last event's id. */
const MOST_MS = 15 * 60_000;

/** How often a stream looks and how long it lasts, ms. */
export function streamBounds({ streams }: Pick<ApiDeps, 'streams'>): { pollMs: number; mostMs: number } {
  return streams ?? { pollMs: POLL_MS, mostMs: MOST_MS };
}

/**
 * Frames: the run whenever it has changed, each event behind `after`, a sign of life where nothing happens for a while, and
 * the end of the run.
 */
export async function* followRun(
  deps: Pick<ApiDeps, 'events' | 'clock' | 'streams'>,
  see: Visible,
  run: RunOfMail,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { pollMs, mostMs } = streamBounds(deps);
  const reader = deps.events.read(run);
  const began = deps.clock();
  let spoke = began;
  let known = '';
  // Node sends the head of an answer with its first byte: the client learns at once that it is connected.
  yield HEARTBEAT;
  while (!signal.aborted && deps.clock() - began < mostMs) {
    // The state is read before the events, so that every event of a finished run is sent before its end.
    const now = await see.run(run.id);
    if (!now.ok) return;
    const { status, error_code, attempt } = now.row;
    const isOver = isRunOver(now.row);
    const shown = shownRun(now.row);
    const text = JSON.stringify(shown);
    if (text !== known) {
      known = text;
      yield frame(shown, { event: 'run' });
    }
    for (const { seq, attempt, event } of await reader.more(isOver)) {
      if (seq <= after) continue;
      spoke = deps.clock();
      yield frame({ ...event, attempt }, { id: seq });
    }
    if (isOver) return yield frame({ status, error_code, attempt }, { event: 'end' });
    if (deps.clock() - spoke >= HEARTBEAT_MS) {
      spoke = deps.clock();
      yield ALIVE;
    }
    await pause(pollMs, signal);
  }
}

/** One frame. Data is JSON, so that no line break of it ends the frame. */
export function frame(data: unknown, fields: { id?: number; event?: 'run' | 'end' } = {}): string {
  const id = fields.id === undefined ? '' : `id: ${fields.id}\n`;
  const event = fields.event === undefined ? '' : `event: ${fields.event}\n`;
  return `${id}${event}data: ${JSON.stringify(data)}\n\n`;
}

/** A comment that shows that the connection lives. */
export const HEARTBEAT = ': still here\n\n';

/** The same as an event, which a page in a browser can see: it opens a stream anew on which nothing comes any more. */
export const ALIVE = 'event: alive\ndata: {}\n\n';

/** The stream of these frames. `stop` is called when they end, the client leaves, or an error occurs. */
export function eventStream(frames: AsyncGenerator<string>, stop: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await frames.next();
        if (!next.done) return controller.enqueue(encoder.encode(next.value));
        stop();
        controller.close();
      } catch (error) {
        stop();
        controller.error(error);
      }
    },
    cancel() {
      stop();
    },
  });
}

/** Waits so many milliseconds, or until the signal. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
