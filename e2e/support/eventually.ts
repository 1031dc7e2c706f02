/** What another process does in its own time: asked again until it is so. */
import { expect } from 'vitest';

/** An expectation of what `what` gives within a minute. */
export const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 60_000 });
