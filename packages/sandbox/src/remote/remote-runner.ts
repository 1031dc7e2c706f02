import type { TurnRunner } from '@tinyfat/core';
import type { AgentObjects } from './agent-object.ts';

/** A remote call holds 32 MiB; mail of Cloudflare is far smaller (`MAX_CLOUDFLARE_MESSAGE_BYTES`). Bytes. */
const MOST_ATTACHED = 24 * 1024 * 1024;

/** Runs each turn in the object of its agent. Rejects where the object can't be reached, or died. */
export function remoteRunner(objects: AgentObjects): TurnRunner {
  return {
    async runTurn(request, signal) {
      const attached = request.attachments.reduce((sum, { content }) => sum + content.length, 0);
      if (attached > MOST_ATTACHED) {
        throw new Error(`attachments of ${attached} bytes are more than a remote call can hold`);
      }
      const object = objects.getByName(request.agentId);
      const { run_id: runId, attempt } = request.input;
      // One that can't be reached any more has nothing to end.
      const cancel = () => void object.cancelTurn(runId, attempt).catch(() => undefined);
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const result = object.runTurn({ ...request, alive: async () => {} });
        // A call that comes before that of the turn would find nothing to end.
        if (signal.aborted) cancel();
        return await result;
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}
