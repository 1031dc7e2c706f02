/** The server as a list of parts, started in order and stopped in the opposite one. */
import { faultText, type Logger } from '@tinyfat/core';

/** One part. `start` gives its handle; `stop` gets it back. */
export interface Part<Handle> {
  name: string;
  /** Rejects with `StartRefused` for what the operator can mend. What it had begun by then it ends itself. */
  start(): Promise<Handle>;
  /** Finishes what runs within the time (ms), then cuts it off. */
  stop?(handle: Handle, drainMs: number): Promise<void> | void;
}

/** A start that was refused: what is wrong, and the line that mends it. */
export class StartRefused extends Error {
  override name = 'StartRefused';
  readonly fix: string;

  constructor(reason: string, fix: string) {
    super(reason);
    this.fix = fix;
  }
}

export interface PartList {
  /** Starts one more part and gives its handle. */
  start<Handle>(part: Part<Handle>): Promise<Handle>;
  /**
   * Stops all that were started, the last first. A part that fails to stop is logged and keeps none of the others from
   * being stopped: a port that stayed open would take mail that nobody works on. Gives whether all went well; further
   * calls wait for the first.
   */
  stop(drainMs: number): Promise<boolean>;
}

/** An empty list. */
export function partList(logger: Logger): PartList {
  const stops: { name: string; stop(drainMs: number): Promise<void> | void }[] = [];
  let stopped: Promise<boolean> | null = null;

  async function stopAll(drainMs: number): Promise<boolean> {
    let clean = true;
    for (const { name, stop } of stops.toReversed()) {
      try {
        await stop(drainMs);
      } catch (error) {
        clean = false;
        logger.error('stop_failed', { part: name, error: faultText(error) });
      }
    }
    return clean;
  }

  return {
    async start(part) {
      const handle = await part.start();
      stops.push({ name: part.name, stop: (drainMs) => part.stop?.(handle, drainMs) });
      return handle;
    },
    stop(drainMs) {
      stopped ??= stopAll(drainMs);
      return stopped;
    },
  };
}
