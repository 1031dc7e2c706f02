/** The runtime of this process: its clock, ids, randomness, log, and its name among workers. */
import { randomBytes } from 'node:crypto';
import { type Logger, newId, type Runtime } from '@tinyfat/core';
import { workerIdentity } from './worker-identity.ts';

/** What every part of a server, or a command beside one, is given. */
export function processRuntime(logger: Logger): Runtime {
  const clock = Date.now;
  const makeId = () => newId(clock, randomBytes);
  return { clock, makeId, random: Math.random, logger, worker: workerIdentity(makeId()) };
}
