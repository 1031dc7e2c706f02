/** What every invocation of a Worker runs with. */
import { newId, type Runtime } from '@tinyfat/core';
import type { LogLevel } from './common.ts';
import { isolateLogger } from './logger.ts';

export interface IsolateRuntime extends Runtime {
  /** Of a secure source. */
  randomBytes(count: number): Uint8Array;
}

/** The runtime of one invocation, which is a worker of its own. */
export function isolateRuntime(level: LogLevel): IsolateRuntime {
  const clock = Date.now;
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const makeId = () => newId(clock, randomBytes);
  return {
    clock,
    makeId,
    random: Math.random,
    logger: isolateLogger(level),
    // Nobody knows of another invocation whether it lives: the time of its leases decides.
    worker: { id: makeId(), lives: () => null },
    randomBytes,
  };
}
