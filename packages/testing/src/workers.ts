/** Workers for tests, none of which is a process. */
import type { WorkerIdentity } from '@tinyfat/core';

/** A worker that knows nothing of others: their leases' times decide. */
export function farWorker(id = 'worker'): WorkerIdentity {
  return { id, lives: () => null };
}

/** Workers of one machine: each knows of the others whether they have died, which is when their ids are in `dead`. */
export function nearWorker(id: string, dead: ReadonlySet<string>): WorkerIdentity {
  return { id, lives: (other) => !dead.has(other) };
}
