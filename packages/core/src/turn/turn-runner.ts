/** The port between the consumer and what runs a turn: a sandbox of this machine, or a container elsewhere. */
import type { EgressPolicy } from '../egress/policy.ts';
import type { TokenUsage } from '../ports/recorder.ts';
import type { RunSpending } from './spending.ts';
import type { StepMomInput, StepMomOutcome } from './step-mom.ts';

export interface TurnRunner {
  /**
   * Takes one turn over the agent's folder: places the mail, runs step-mom, and resolves once nothing of the run is alive,
   * all that it used is settled, and what it left in the folder is durable. Aborting the signal ends the turn at once; the outcome is then `sandbox_cancelled`.
   */
  runTurn(request: TurnRequest, signal: AbortSignal): Promise<TurnResult>;
}

/** Which model answers, and whose key pays. What runs the turn opens the key; nothing else sees it. */
export type TurnUpstream =
  /** The key of the agent's owner, or the operator's. */
  | { kind: 'anthropic'; payer: 'owner' | 'operator' }
  /** The built-in demo model: no key, no network. */
  | { kind: 'demo' };

/** The same for a gateway: where the Messages API really is, and the key. */
export type LlmUpstream =
  /** The operator's key as it is, or the stored one of an account, still sealed. */
  | { kind: 'anthropic'; baseUrl: string; apiKey: string | OpenKey }
  /** The built-in demo model: no key, no network. */
  | { kind: 'demo' };

/** Decrypts a stored key. Called once a run, when its gateway opens; the key is forgotten when the gateway closes. */
export type OpenKey = () => Promise<{ ok: true; key: string } | KeyRefusal>;

/** A stored key that does not open; `reason` is a sentence for its owner. */
export interface KeyRefusal {
  ok: false;
  code: 'owner_key_unreadable';
  reason: string;
}

/** One turn. `input` lacks only what the runner finds: the session's file, the attachments' places, the gateway's URL. */
export interface TurnRequest {
  agentId: string;
  upstream: TurnUpstream;
  spending: RunSpending;
  /** What the agent may reach over the network. */
  egress: EgressPolicy;
  /** The turn is ended where the agent's folder holds more, bytes; null: however much it holds. */
  mostFolderBytes: number | null;
  input: Omit<StepMomInput, 'session' | 'email' | 'model'> & {
    session: { id: string };
    model: { id: string; max_tokens?: number };
    email: Omit<StepMomInput['email'], 'attachments'>;
  };
  attachments: TurnAttachment[];
}

/** An attachment of the mail. Names are safe, and distinct in one turn. */
interface TurnAttachment {
  filename: string;
  contentType: string;
  detectedType: string | null;
  marks: readonly string[];
  contentId: string | null;
  inline: boolean;
  content: Uint8Array;
}

/** Why whatever ran a turn ended it. */
export type TurnStop = 'deadline' | 'output' | 'memory' | 'processes' | 'cpu' | 'quota' | 'cancelled';

/** How a turn failed without an outcome of step-mom's own; the codes are core's. */
interface TurnFailure {
  ok: false;
  code:
    | `sandbox_${Exclude<TurnStop, 'quota'>}`
    | 'quota_exceeded'
    | 'sandbox_crashed'
    | KeyRefusal['code']
    | 'folder_too_large'
    | 'storage_unavailable';
  /** The detail of this case. */
  message: string;
  /** True where another attempt later may work. */
  retry: boolean;
}

/** The outcome of one attempt: step-mom's own, or how it ended without one. */
export type TurnOutcome = StepMomOutcome | TurnFailure;

/** What came of a turn. `usage` and cost are the gateway's count, which nothing inside can change. */
export interface TurnResult {
  outcome: TurnOutcome;
  usage: TokenUsage;
  /** What all requests cost, each at the price of the model that it named. */
  costUsd: number;
  llmRequests: number;
  /** Epoch ms; null when there was none. */
  firstRequestAt: number | null;
  lastResponseAt: number | null;
  /** How long the sandbox ran; 0 when none was started. */
  durationMs: number;
  /** What the agent's folder holds afterwards, bytes; null where it is too much to be counted at once. */
  folderBytes: number | null;
}
