/** The `TurnRunner` behind which the Durable Object of an agent runs its turns (DESIGN section 9). */
import type { TurnRequest, TurnResult, TurnRunner } from '@tinyfat/core';

/** The remote calls of the object. What is to be called back, such as the money of the run, is called from there. */
export interface AgentObject {
  runTurn(request: TurnRequest): Promise<TurnResult>;
  /** Ends the turn of this run, where it runs. */
  cancelTurn(runId: string): Promise<void>;
}

/** The binding to the objects, one for each agent, by its id. */
export interface AgentObjects {
  getByName(agentId: string): AgentObject;
}

/** Runs each turn in the object of its agent. Rejects where the object can't be reached, or died. */
export function objectRunner(objects: AgentObjects): TurnRunner {
  return {
    async runTurn(request, signal) {
      const object = objects.getByName(request.agentId);
      // One that can't be reached any more has nothing to end.
      const cancel = () => void object.cancelTurn(request.input.run_id).catch(() => {});
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await object.runTurn(request);
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}
