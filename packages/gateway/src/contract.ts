/** The one way out of a sandbox: LLM route with the real key, and a proxy to public addresses. */
import type { EgressPolicy, Grant, PricedModel, TokenUsage } from '@tinyfat/core';
import type { EgressRefusalCode } from './egress/refusal.ts';

/** Where the Messages API really is, and whose key pays. The key is added here and nowhere else. */
export type LlmUpstream =
  /** The operator's key as it is, or the stored one of an account, still sealed. */
  | { kind: 'anthropic'; baseUrl: string; apiKey: string | OpenKey }
  /** The built-in demo model: no key, no network. */
  | { kind: 'demo' };

/** Decrypts a stored key. Called once, when the gateway of the run opens; what it gives is gone with the gateway. */
export type OpenKey = () => Promise<{ ok: true; key: string } | KeyRefusal>;

/** A stored key that does not open; `reason` is a sentence for its owner. */
export interface KeyRefusal {
  ok: false;
  code: 'owner_key_unreadable';
  reason: string;
}

/** How the money of a run is counted and capped. Amounts are micro-dollars. */
export interface RunMoney {
  /** The models whose prices are known. */
  models: readonly PricedModel[];
  /** Null where nothing caps the run; it is counted all the same. */
  cap: {
    /** What was set aside when the run began. */
    reserved: number;
    /** Sets `more` aside, all of it or nothing, so that a request that needs `whole` has it. */
    reserve(more: number, whole: number): Promise<Grant>;
  } | null;
  /** Writes down what was used since the last call that did not reject, and what is set aside from now on. */
  note(spending: { used: RunUsage; reserved: number }): Promise<void>;
}

/** What a run used. The cost goes down where a request turns out cheaper than was reckoned while it was under way. */
export interface RunUsage extends TokenUsage {
  microUsd: number;
  requests: number;
}

export interface GatewayRequest {
  runId: string;
  /** Host path of the unix socket to make; its folder exists and only we can enter it. */
  socketPath: string;
  upstream: LlmUpstream;
  egress: EgressPolicy;
  money: RunMoney;
  /** Called for each thing that the run did or was refused, for the log; never holds a key or a body. */
  onEvent?: (event: GatewayEvent) => void;
}

export type GatewayEvent =
  | { kind: 'llm'; path: string; status: number; milliseconds: number }
  | { kind: 'egress'; host: string; port: number }
  /** A connection that the proxy refused. `host` is as it was asked for, in printable ASCII; `port` null where none is. */
  | { kind: 'refused'; host: string; port: number | null; code: EgressRefusalCode; reason: string }
  /** A request to the model's route that was refused. */
  | { kind: 'llm_refused'; target: string; reason: string }
  /** More happened than is told. */
  | { kind: 'left_out' }
  /** A fault of ours that a barrier caught; it ended one connection of the run. `error` is its stack. */
  | { kind: 'fault'; error: string };

/** One run's gateway. */
export interface Gateway {
  /** Worth nothing outside this run: the LLM route wants it as x-api-key. */
  runToken: string;
  /** Tokens that the upstream reported so far, over all requests of this run. */
  usage(): TokenUsage;
  /** What all requests cost so far, micro-dollars; those that were cut by what they may have cost. */
  cost(): number;
  /** LLM requests so far, and when the first came and the last ended (epoch ms); null when none. */
  timing(): { requests: number; firstRequestAt: number | null; lastResponseAt: number | null };
  /** Cuts every connection, removes the socket, and writes the last figures down; rejects when that fails. */
  close(): Promise<void>;
}

/** The gateway of a run; none where the key that the run was to use does not open. */
export type OpenedGateway = { ok: true; gateway: Gateway } | KeyRefusal;

/** Opens the gateway of one run. Rejects when the socket can't be made. */
export type OpenGateway = (request: GatewayRequest) => Promise<OpenedGateway>;
