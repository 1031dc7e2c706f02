import type { AnswerUsage } from './anthropic-answer.ts';

/**
 * What a test asks of the Messages API stand-in, written into the mail itself. Directives are carried out in
 * their order. Each tool call ends one request; the next request (with its result) goes on behind it.
 *
 * | directive | the stand-in |
 * |---|---|
 * | `[[reply: text]]` | answers with the text; `{output}` in it stands for the last tool result |
 * | `[[tool: NAME {json}]]` | calls the tool |
 * | `[[usage: {"output": 60000}]]` | reports these tokens instead of the usual ones (`input`, `output`, `cacheRead`, `cacheWrite`) |
 * | `[[gate: name]]` | waits until the test calls `release(name)` |
 * | `[[status: 401]]`, `[[status: 400 words]]` | answers with this HTTP status and the error type that the API sends with it, in these words |
 * | `[[stop: refusal]]` | ends the answer with this raw stop reason, and explains a refusal in words like those of an overload |
 * | `[[flaky: 2]]` | answers 529 to the first two requests with this very text, then goes on |
 * | `[[drop]]` | sends half an answer, then cuts the connection |
 * | `[[hang]]`, `[[hangmid]]` | never answers; sends half an answer and then nothing more |
 * | `[[overflow]]` | answers that the prompt is too long |
 * | `[[sse_error]]` | sends half an answer, then the API's `error` event (overloaded_error) |
 */
export type Directive =
  | { kind: 'reply'; text: string }
  | { kind: 'tool'; name: string; input: Record<string, unknown> }
  | { kind: 'usage'; usage: Partial<AnswerUsage> }
  | { kind: 'gate'; name: string }
  | { kind: 'status'; status: number; message: string | null }
  | { kind: 'stop'; reason: string }
  | { kind: 'flaky'; failures: number }
  | { kind: 'drop' | 'hang' | 'hangmid' | 'overflow' | 'sse_error' };

const OPENING =
  /\[\[(reply|tool|usage|gate|status|stop|flaky|drop|hang|hangmid|overflow|sse_error)(?::\s*|(?=\]\]))/g;

/** Finds the directives of a text in their order. Throws for one that can't be read: the test is wrong then. */
export function findDirectives(text: string): Directive[] {
  const found: Directive[] = [];
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match !== null; match = OPENING.exec(text)) {
    const start = match.index + match[0].length;
    const end = match[1] === 'tool' ? endOfTool(text, start) : text.indexOf(']]', start);
    if (end === -1) throw new Error(`directive without an end: ${text.slice(match.index, match.index + 80)}`);
    found.push(directive(match[1] ?? '', text.slice(start, end).trim()));
    OPENING.lastIndex = end + 2;
  }
  return found;
}

function directive(kind: string, argument: string): Directive {
  switch (kind) {
    case 'reply':
      return { kind, text: argument };
    case 'usage':
      return { kind, usage: JSON.parse(argument) };
    case 'gate':
      return { kind, name: argument };
    case 'status': {
      const [status, ...words] = argument.split(' ');
      return { kind, status: Number(status), message: words.length === 0 ? null : words.join(' ') };
    }
    case 'stop':
      return { kind, reason: argument };
    case 'flaky':
      return { kind, failures: Number(argument) };
    case 'tool': {
      const brace = argument.indexOf('{');
      return { kind, name: argument.slice(0, brace).trim(), input: JSON.parse(argument.slice(brace)) };
    }
    case 'drop':
    case 'hang':
    case 'hangmid':
    case 'overflow':
    case 'sse_error':
      return { kind };
    default:
      throw new Error(`unknown directive ${kind}`);
  }
}

/** The first `]]` behind which the JSON is whole: a shell command may hold `]]` itself. */
function endOfTool(text: string, start: number): number {
  const brace = text.indexOf('{', start);
  if (brace === -1) return -1;
  for (let end = text.indexOf(']]', brace); end !== -1; end = text.indexOf(']]', end + 1)) {
    try {
      JSON.parse(text.slice(brace, end));
      return end;
    } catch {
      // Not the end yet.
    }
  }
  return -1;
}
