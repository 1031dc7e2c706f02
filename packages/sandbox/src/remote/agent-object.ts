/** The remote calls between a consumer and the Durable Object that runs an agent's turns. */
import type { TurnRequest, TurnResult } from '@tinyfat/core';

/** A turn as it is sent. Functions in it are called back where the consumer is. */
export interface RemoteTurn extends TurnRequest {
  /** Resolves as long as the consumer waits for the turn. */
  alive(): Promise<void>;
}

/** The object of one agent. */
export interface AgentObject {
  /** As `TurnRunner` does. A turn that still runs in the object is ended first, and its end awaited. */
  runTurn(turn: RemoteTurn): Promise<TurnResult>;
  /** Ends that attempt at a run, where it runs or waits; another attempt goes on. */
  cancelTurn(runId: string, attempt: number): Promise<void>;
}

/** The binding to the objects, one for each agent, by its id. */
export interface AgentObjects {
  getByName(agentId: string): AgentObject;
}
