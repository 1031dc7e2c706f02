/**
 * pi gives the end of a model call as a text and decides by words in it whether to try again and whether to
 * shorten the session. Such a text may hold what the provider or the model wrote. Here each call's end is decided
 * by what can be relied upon (the HTTP status, the type of the error, the raw stop reason), and pi gets a text of
 * ours in its place. The text itself stays in the session, where nothing is decided by it.
 */
import {
  type AssistantMessage,
  type AssistantMessageEvent,
  createAssistantMessageEventStream,
} from '@earendil-works/pi-ai';
import type { AgentSession } from '@earendil-works/pi-coding-agent';
import {
  type Failure,
  failureOfError,
  failureOfStream,
  internalFailure,
  overflowFailure,
  refusalFailure,
  unreachableFailure,
} from './llm-failure.ts';
import { answerText, readAnswer } from './model-answer.ts';

type StreamFunction = AgentSession['agent']['streamFunction'];

/** What came back over HTTP. */
type Heard =
  | { kind: 'not_asked' }
  | { kind: 'no_answer' }
  | { kind: 'error'; status: number; body: string }
  | { kind: 'stream' };

/** The model calls of a session, and why the last one that failed did. */
export interface ModelCalls {
  stream: StreamFunction;
  /** Null while no call has failed. */
  lastFailure(): Failure | null;
}

/**
 * Wraps the function that calls the model for a session. A call with the session's id is one of a turn; any other is
 * for a summary, which takes the place of the conversation: one that is cut or empty counts as failed.
 */
export function judgeModelCalls(call: StreamFunction, sessionId: string): ModelCalls {
  let lastFailure: Failure | null = null;
  const judge = (message: AssistantMessage, heard: Heard, isTurn: boolean): AssistantMessage => {
    if (message.stopReason === 'aborted') return message;
    const failure = message.stopReason === 'error' ? failureOf(message, heard) : null;
    const answer = message.stopReason === 'error' && failure === null ? asAnswer(message) : message;
    const judged = failure ?? (isTurn ? null : failureOfSummary(answer));
    if (judged === null) return answer;
    lastFailure = judged;
    return { ...withNote(message), stopReason: 'error', errorMessage: wordsForPi(judged) };
  };
  return {
    lastFailure: () => lastFailure,
    async stream(model, context, options) {
      const listener = listen(options?.fetch ?? fetch);
      const source = await call(model, context, { ...options, fetch: listener.fetch });
      const judged = createAssistantMessageEventStream();
      const forward = async () => {
        for await (const event of source) {
          if (event.type === 'done' || event.type === 'error') {
            const message = event.type === 'done' ? event.message : event.error;
            judged.push(lastEvent(judge(message, listener.heard(), options?.sessionId === sessionId)));
          } else judged.push(event);
        }
        judged.end();
      };
      void forward();
      return judged;
    },
  };
}

function lastEvent(message: AssistantMessage): AssistantMessageEvent {
  const { stopReason } = message;
  return stopReason === 'stop' || stopReason === 'length' || stopReason === 'toolUse'
    ? { type: 'done', reason: stopReason, message }
    : { type: 'error', reason: stopReason === 'aborted' ? 'aborted' : 'error', error: message };
}

/** Why a summary that did come is of no use; null for a whole one. */
function failureOfSummary(message: AssistantMessage): Failure | null {
  const answer = readAnswer(message);
  if (answer === null) return unreachableFailure;
  if (answer.cut === null) return null;
  return answer.cut === 'stopped' ? unreachableFailure : overflowFailure;
}

/** Notes an answer's status and the body of an error, and hands the answer on as it came. */
function listen(ask: typeof fetch): { fetch: typeof fetch; heard: () => Heard } {
  let heard: Heard = { kind: 'not_asked' };
  return {
    heard: () => heard,
    async fetch(input, init) {
      heard = { kind: 'no_answer' };
      const response = await ask(input, init);
      if (response.ok) {
        heard = { kind: 'stream' };
        return response;
      }
      const body = await response
        .clone()
        .text()
        .catch(() => '');
      heard = { kind: 'error', status: response.status, body };
      return response;
    },
  };
}

/** Raw stop reasons that pi takes for a good end; an error behind them is one of the connection. */
const goodEnds: ReadonlySet<string> = new Set([
  'end_turn',
  'tool_use',
  'max_tokens',
  'stop_sequence',
  'pause_turn',
]);

/** Why a call failed; null where the model ended its answer in a way that pi doesn't know. */
function failureOf(message: AssistantMessage, heard: Heard): Failure | null {
  switch (heard.kind) {
    case 'not_asked':
      return internalFailure;
    case 'no_answer':
      return unreachableFailure;
    case 'error':
      return failureOfError(heard.status, heard.body);
  }
  const reason = message.rawStopReason;
  if (reason === 'refusal' || reason === 'sensitive') return refusalFailure;
  if (reason === 'model_context_window_exceeded') {
    return answerText(message.content) === null ? overflowFailure : null;
  }
  if (reason !== undefined && !goodEnds.has(reason)) return null;
  return failureOfStream(message.errorMessage ?? '');
}

/** A message that ended in the middle, as a good one. Its tool calls may be cut too, so they are not made. */
function asAnswer({ errorMessage: _, ...message }: AssistantMessage): AssistantMessage {
  return {
    ...message,
    content: message.content.filter(({ type }) => type !== 'toolCall'),
    stopReason: 'stop',
  };
}

const longestNote = 2000;

/** Stores what the call's end said, for the owner to read in the session; neither pi nor the model looks at it. */
function withNote(message: AssistantMessage): AssistantMessage {
  const text = message.errorMessage?.slice(0, longestNote);
  if (text === undefined) return message;
  const note = { type: 'model_call_failed', timestamp: message.timestamp, details: { text } };
  return { ...message, diagnostics: [...(message.diagnostics ?? []), note] };
}

/**
 * A text in which pi finds what it looks for: that the session is to be shortened, that the call is to be made
 * again, or nothing.
 */
function wordsForPi({ code, retry }: Failure): string {
  if (code === 'llm_overflow') return 'prompt is too long';
  return retry ? `${code}: try your request again` : code;
}
