/**
 * What goes into the sandbox and what comes out of it (DESIGN section 5). Types only: the runner validates
 * what comes out; what goes in was written by the host.
 */
import type { TokenUsage } from '../ports/recorder.ts';

/** An attachment of the mail that woke the agent; `path` is absolute inside the sandbox. */
export interface InboxAttachment {
  filename: string;
  /** As the sender declared it. */
  content_type: string;
  /** What the content itself shows; null where it does not tell. */
  detected_type: string | null;
  /** Warnings from the list of `AttachmentMark` (mail package). */
  marks: string[];
  /** Without angle brackets. */
  content_id: string | null;
  /** It stands in the text of the mail, as `[image: filename]` where the text was made from HTML. */
  inline: boolean;
  /** Bytes. */
  size: number;
  path: string;
}

/** `/inbox/input.json`, read-only inside the sandbox. */
export interface StepMomInput {
  version: 1;
  /** Stays the same over all attempts; names the reply file `outbox/email/{run_id}.json`. */
  run_id: string;
  /** 1 for the first. */
  attempt: number;
  agent: { id: string; name: string; address: string; owner: string };
  /** `file` is the name below /data/sessions of a session that exists; null makes a new one with this id. */
  session: { id: string; file: string | null };
  model: StepMomModel;
  /** `turn` answers the mail; `compact` only shortens the session (the /compact command). */
  task: { kind: 'turn' } | { kind: 'compact'; focus: string | null };
  email: {
    message_id: string | null;
    in_reply_to: string | null;
    references: string[];
    from: { address: string; name: string };
    /** How the sender was authenticated, in words for the agent. */
    authentication: string;
    to: { address: string; name: string }[];
    cc: { address: string; name: string }[];
    subject: string;
    /** ISO 8601 with the offset of the sender's clock, or null when the mail has none. */
    date: string | null;
    /** What the sender newly wrote, as a reader of the mail sees it. */
    text: string;
    /** What the mail holds of those that it answers; may be empty. */
    quoted: string;
    /** A message of somebody else that the sender hands on, whole; may be empty. */
    forwarded: string;
    /** The HTML of the mail has words that no reader sees; they are in none of the above. */
    hidden_text: boolean;
    /** `text` was written by the owner of the agent in the place of what the sender wrote; absent where the sender did. */
    text_by?: 'owner';
    attachments: InboxAttachment[];
  };
  /** How full the agent's folder is, bytes; stands there only where it is nearly full. */
  folder?: { holds: number; quota: number };
  limits: {
    /** The turn is aborted, with an error outcome, this long after its start. */
    deadline_ms: number;
    /** No event from the model for this long outside a tool: aborted. */
    stall_ms: number;
    /** First wait of pi's own LLM retries (doubles), and how many there are. */
    retry_base_ms: number;
    llm_retries: number;
    /** Longest output of one tool call kept in an event line, characters. */
    event_output_chars: number;
  };
}

/** The model of the turn as pi wants it; prices in USD per million tokens. */
interface StepMomModel {
  id: string;
  /** Where the Messages API is seen inside, without `/v1/messages`. */
  base_url: string;
  /** The longest answer to ask for, tokens, where that is less than the model can write. */
  max_tokens?: number;
  /** The built-in demo model answers in its place: the footer says so, and there is no cost. */
  demo?: boolean;
}

/**
 * The last line that step-mom prints on stdout. `usage` and `cost_usd` are those of the run over all its
 * attempts, as far as the session recorded them: they replace what an earlier attempt said.
 */
export type StepMomOutcome =
  | {
      type: 'outcome';
      ok: true;
      /** `written`: step-mom wrote the reply file; `by_agent`: the agent had answered the sender itself. */
      reply: 'written' | 'by_agent';
      session_file: string;
      footer: string;
      usage: TokenUsage;
      cost_usd: number;
      context: { tokens: number | null; window: number };
    }
  | {
      type: 'outcome';
      ok: false;
      code: StepMomErrorCode;
      /** A sentence about this case, to stand behind core's sentence for the code; without secrets. */
      message: string;
      /** True where another attempt later may work. */
      retry: boolean;
      usage: TokenUsage;
      cost_usd: number;
    };

export type StepMomErrorCode =
  | 'llm_unauthorized'
  | 'llm_billing'
  | 'llm_rate_limited'
  | 'llm_overloaded'
  | 'llm_unreachable'
  | 'llm_refused'
  | 'llm_overflow'
  | 'llm_stalled'
  | 'budget_exhausted'
  | 'no_reply'
  | 'deadline'
  | 'bad_input'
  | 'internal';
