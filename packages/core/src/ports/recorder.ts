/**
 * Records of a server's work, one at the end of each step, for log lines and counters. `trace` is the id of the inbound
 * mail, the same in all records that follow from it. No record holds an address or a text.
 */
export interface Recorder {
  mail(record: MailRecord): void;
  run(record: RunRecord): void;
  delivery(record: DeliveryRecord): void;
}

/** A mail that got its verdict. */
interface MailRecord {
  trace: string;
  agent: string;
  /** The way in, as the mail's row has it. */
  via: string;
  verdict: string;
  code: string;
}

/** A turn or a command that came to its end, over all its attempts. Times in ms. */
export interface RunRecord {
  trace: string;
  run: string;
  agent: string;
  kind: 'turn' | 'command';
  status: 'done' | 'failed';
  code: string | null;
  attempt: number;
  /** Null where no model was asked. */
  model: string | null;
  usage: TokenUsage;
  costUsd: number;
  /** From the arrival of the mail to the start of the run. */
  waitedMs: number;
  durationMs: number;
}

/** One try to hand a mail to the provider, with the state that it led to. */
export interface DeliveryRecord {
  trace: string;
  run: string;
  delivery: string;
  kind: string;
  state: string;
  attempt: number;
  provider: string;
  /** The agent's name. */
  agent: string;
  /** A code of core's list; null where the mail was sent. */
  code: string | null;
  /** Why it was not sent, as the provider or the relay said it, without addresses; null where it was. */
  reason: string | null;
  /** Epoch ms; null where it is not tried again by itself. */
  nextAttemptAt: number | null;
  durationMs: number;
}

/** Tokens as the Messages API counts them. */
export interface TokenUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}
