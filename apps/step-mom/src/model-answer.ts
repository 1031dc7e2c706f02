import * as v from 'valibot';

/**
 * Why a text is not the whole answer: the model's output limit, a full context window, or another stop in the
 * middle.
 */
export type Cut = 'output_limit' | 'context_window' | 'stopped';

/** A text of the model's. */
export interface ModelAnswer {
  text: string;
  /** Null where the model ended it itself. */
  cut: Cut | null;
}

/** What of an assistant message says how it ended; `rawStopReason` is the provider's own word. */
interface EndedMessage {
  content: unknown;
  stopReason: string;
  rawStopReason?: string;
}

const textBlockSchema = v.object({ type: v.literal('text'), text: v.string() });

/** The text of an assistant message's content, text blocks joined; null when there is none. */
export function answerText(content: unknown): string | null {
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  const texts = blocks.map((block) => v.safeParse(textBlockSchema, block));
  const text = texts
    .flatMap((block) => (block.success ? [block.output.text] : []))
    .join('\n')
    .trim();
  return text === '' ? null : text;
}

const wholeEnds: ReadonlySet<string> = new Set(['end_turn', 'stop_sequence', 'tool_use']);

/**
 * How the text of a message is cut, by the raw stop reason
 * (https://docs.anthropic.com/en/build-with-claude/handling-stop-reasons); null where it is whole.
 */
function cutOf({ stopReason, rawStopReason }: EndedMessage): Cut | null {
  if (rawStopReason === 'model_context_window_exceeded') return 'context_window';
  if (stopReason === 'length') return 'output_limit';
  return rawStopReason === undefined || wholeEnds.has(rawStopReason) ? null : 'stopped';
}

/** The text of a message that did not fail; null where it has none. */
export function readAnswer(message: EndedMessage): ModelAnswer | null {
  if (message.stopReason === 'error' || message.stopReason === 'aborted') return null;
  const text = answerText(message.content);
  return text === null ? null : { text, cut: cutOf(message) };
}

const notes: Record<Cut, string> = {
  output_limit: 'The answer ends here because it reached the longest that the model can write.',
  context_window:
    'The answer ends here because the conversation reached the longest that the model can hold; /compact or /clear makes room.',
  stopped: 'The answer ends here because the model stopped before it had finished.',
};

/** The text as it is sent: one that is cut says so. */
export function renderAnswer({ text, cut }: ModelAnswer): string {
  return cut === null ? text : `${text}\n\n(${notes[cut]})`;
}
