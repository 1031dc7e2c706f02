/** What goes into the sandbox and what comes out of it (DESIGN section 5): each side checks what it reads. */
import * as v from 'valibot';

const person = v.object({ address: v.string(), name: v.string() });
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2_147_483_647));

/** Ids become file names below the agent's folder, so nothing but letters, digits and hyphens. */
const fileSafeId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/));

/** An attachment of the mail that woke the agent; `path` is absolute inside the sandbox. */
const attachment = v.object({
  filename: v.string(),
  /** As the sender declared it. */
  content_type: v.string(),
  /** What the content itself shows; null where it does not tell. */
  detected_type: v.nullable(v.string()),
  /** Warnings from the list of `AttachmentMark` (mail package). */
  marks: v.array(v.string()),
  /** Without angle brackets. */
  content_id: v.nullable(v.string()),
  /** It stands in the text of the mail, as `[image: filename]` where the text was made from HTML. */
  inline: v.boolean(),
  /** Bytes. */
  size: count,
  path: v.string(),
});

/** `/inbox/input.json`, read-only inside the sandbox. */
export const inputSchema = v.object({
  version: v.literal(1),
  /** Stays the same over all attempts; names the reply file `outbox/email/{run_id}.json`. */
  run_id: fileSafeId,
  /** 1 for the first. */
  attempt: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  agent: v.object({ id: v.string(), name: v.string(), address: v.string(), owner: v.string() }),
  /** `file` is the name below /data/sessions of a session that exists; null makes a new one with this id. */
  session: v.object({ id: fileSafeId, file: v.nullable(v.string()) }),
  model: v.object({
    id: v.string(),
    /** Where the Messages API is seen inside, without `/v1/messages`. */
    base_url: v.pipe(v.string(), v.url()),
    /** The longest answer to ask for, tokens, where that is less than the model can write. */
    max_tokens: v.optional(v.pipe(count, v.minValue(1))),
    /** The built-in demo model answers in its place: the footer says so, and there is no cost. */
    demo: v.optional(v.boolean()),
  }),
  /** `turn` answers the mail; `compact` only shortens the session (the /compact command). */
  task: v.variant('kind', [
    v.object({ kind: v.literal('turn') }),
    v.object({ kind: v.literal('compact'), focus: v.nullable(v.string()) }),
  ]),
  email: v.object({
    message_id: v.nullable(v.string()),
    in_reply_to: v.nullable(v.string()),
    references: v.array(v.string()),
    from: person,
    /** How the sender was authenticated, in words for the agent. */
    authentication: v.string(),
    to: v.array(person),
    cc: v.array(person),
    subject: v.string(),
    /** ISO 8601 with the offset of the sender's clock, or null when the mail has none. */
    date: v.nullable(v.string()),
    /** What the sender newly wrote, as a reader of the mail sees it. */
    text: v.string(),
    /** What the mail holds of those that it answers; may be empty. */
    quoted: v.string(),
    /** A message of somebody else that the sender hands on, whole; may be empty. */
    forwarded: v.string(),
    /** The HTML of the mail has words that no reader sees; they are in none of the above. */
    hidden_text: v.boolean(),
    attachments: v.array(attachment),
  }),
  limits: v.object({
    /** The turn is aborted, with an error outcome, this long after its start. */
    deadline_ms: milliseconds,
    /** No event from the model for this long outside a tool: aborted. */
    stall_ms: milliseconds,
    /** First wait of pi's own LLM retries (doubles), and how many there are. */
    retry_base_ms: milliseconds,
    llm_retries: count,
    /** Longest output of one tool call in an event line, characters. */
    event_output_chars: count,
  }),
});
export type StepMomInput = v.InferOutput<typeof inputSchema>;
export type InboxAttachment = v.InferOutput<typeof attachment>;

export const ERROR_CODES = [
  ...(['llm_unauthorized', 'llm_billing', 'llm_rate_limited', 'llm_overloaded', 'llm_unreachable'] as const),
  ...(['llm_refused', 'llm_overflow', 'llm_stalled'] as const),
  ...(['budget_exhausted', 'no_reply', 'deadline', 'bad_input', 'internal'] as const),
];
export type StepMomErrorCode = (typeof ERROR_CODES)[number];

const amount = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12));
const usage = v.object({ input: amount, output: amount, cacheRead: amount, cacheWrite: amount });
const line = (most: number) => v.pipe(v.string(), v.maxLength(most));

/**
 * The last line that step-mom prints on stdout. `usage` and `cost_usd` are those of the run over all its
 * attempts, as far as the session recorded them: they replace what an earlier attempt said.
 */
export const outcomeSchema = v.variant('ok', [
  v.object({
    type: v.literal('outcome'),
    ok: v.literal(true),
    /** `written`: step-mom wrote the reply file; `by_agent`: the agent had answered the sender itself. */
    reply: v.picklist(['written', 'by_agent']),
    session_file: line(300),
    footer: line(500),
    usage,
    cost_usd: amount,
    context: v.object({ tokens: v.nullable(amount), window: amount }),
  }),
  v.object({
    type: v.literal('outcome'),
    ok: v.literal(false),
    code: v.picklist(ERROR_CODES),
    /** A sentence about this case, to stand behind core's sentence for the code; without secrets. */
    message: line(2000),
    /** True where another attempt later may work. */
    retry: v.boolean(),
    usage,
    cost_usd: amount,
  }),
]);
export type StepMomOutcome = v.InferOutput<typeof outcomeSchema>;

/** One line of `/data/events/{timestamp}.jsonl`. Long output is cut, and `full_length` then says how long it was. */
export type RunEvent = { timestamp: string } & (
  | { type: 'start'; run_id: string; attempt: number; model: string; session_id: string }
  | { type: 'tool_call'; id: string; name: string; args: unknown }
  | { type: 'tool_result'; id: string; name: string; output: string; is_error: boolean; full_length?: number }
  | { type: 'text'; content: string; full_length?: number }
  /** The gateway did not let a command connect; `host` is as the command wrote it, `code` of the gateway's list. */
  | { type: 'connection_refused'; host: string; port: number | null; code: string; reason: string }
  /** Something of the agent's folder could not be used, and the turn goes on without it. */
  | { type: 'warning'; message: string }
  | { type: 'end'; usage: v.InferOutput<typeof usage>; cost_usd: number; duration_ms: number }
  | { type: 'error'; code: StepMomErrorCode; message: string }
);
