/** The runtime of this process: its clock, ids, randomness and log. */
import { randomBytes } from 'node:crypto';
import { type Logger, newId, type Runtime } from '@tinyfat/core';

/** What every part of a server, or a command beside one, is given. */
export function processRuntime(logger: Logger): Runtime {
  const clock = Date.now;
  return { clock, makeId: () => newId(clock, randomBytes), random: Math.random, logger };
}
