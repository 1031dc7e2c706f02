import { type Directive, findDirectives } from './anthropic-directives.ts';

type Json = Record<string, unknown>;

/** What the stand-in takes from a request body. */
export interface ReadRequest {
  model: string;
  stream: boolean;
  /**
   * New text of the last user message with `<mail_text>`, without that frame: a text behind it is a notice about
   * the mail. Where no message has the frame, the last user text that is no tool result.
   */
  text: string;
  directives: Directive[];
  /** Tool results since the last user text: a notice begins the mail's directives anew. */
  toolOutputs: string[];
}

export type RequestVerdict = { ok: true; request: ReadRequest } | { ok: false; problem: string };

/** Checks a Messages API request as strictly as the real API does, and reads it. */
export function readRequest(body: unknown, options: { countOnly: boolean }): RequestVerdict {
  if (!isObject(body)) return problem('the body is no JSON object');
  if (typeof body.model !== 'string' || body.model === '') return problem('model: Field required');
  const maxTokens = body.max_tokens;
  if (!options.countOnly && !(Number.isInteger(maxTokens) && Number(maxTokens) > 0)) {
    return problem('max_tokens: Field required');
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    return problem('messages: at least one message is required');
  }
  const messages = body.messages.filter(isObject);
  if (messages.length !== body.messages.length) return problem('messages: every entry is an object');
  const wrong = messageProblem(messages) ?? toolProblem(messages);
  if (wrong !== null) return problem(wrong);

  const { text, toolOutputs } = lastText(messages);
  // A summary for a compaction holds old mails: their directives are not meant for it.
  const hasTools = Array.isArray(body.tools) && body.tools.length > 0;
  const isSummary = !hasTools && /summari[sz]/i.test(textOf(body.system));
  return {
    ok: true,
    request: {
      model: body.model,
      stream: body.stream === true,
      text,
      directives: isSummary ? [] : findDirectives(text),
      toolOutputs,
    },
  };
}

function messageProblem(messages: Json[]): string | null {
  for (const [index, message] of messages.entries()) {
    // Between messages, the effort of the answer before or to come, or a part of the system prompt that has changed.
    if (
      message.role === 'system' &&
      (message.output_config !== undefined || textOf(message.content) !== '')
    ) {
      continue;
    }
    if (message.role !== 'user' && message.role !== 'assistant') return `messages.${index}.role: unknown`;
    const { content } = message;
    const isLast = index === messages.length - 1;
    const empty = Array.isArray(content)
      ? content.length === 0
      : typeof content !== 'string' || content === '';
    if (empty && !(isLast && message.role === 'assistant')) {
      return `messages.${index}: all messages must have non-empty content`;
    }
    for (const block of blocksOf(content)) {
      if (block.type === 'text' && textOf([block]).trim() === '') {
        return `messages.${index}: text content blocks must contain non-whitespace text`;
      }
    }
  }
  return messages[0]?.role === 'user' ? null : 'messages: first message must use the "user" role';
}

/** Every tool_use is answered in the next message, every tool_result answers one of the message before. */
function toolProblem(messages: Json[]): string | null {
  const seen = new Set<unknown>();
  for (const [index, message] of messages.entries()) {
    const calls = blocksOf(message.content).filter((block) => block.type === 'tool_use');
    const results = blocksOf(message.content).filter((block) => block.type === 'tool_result');
    for (const call of calls) {
      if (seen.has(call.id)) return `messages.${index}: \`tool_use\` ids must be unique`;
      seen.add(call.id);
      const next = blocksOf(messages[index + 1]?.content);
      if (!next.some((block) => block.type === 'tool_result' && block.tool_use_id === call.id)) {
        return `messages.${index}: \`tool_use\` id ${call.id} was found without \`tool_result\` blocks immediately after`;
      }
    }
    const before = blocksOf(messages[index - 1]?.content);
    for (const result of results) {
      if (message.role !== 'user') return `messages.${index}: \`tool_result\` blocks belong to the user`;
      if (!before.some((block) => block.type === 'tool_use' && block.id === result.tool_use_id)) {
        return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${result.tool_use_id}`;
      }
    }
  }
  return null;
}

function lastText(messages: Json[]): { text: string; toolOutputs: string[] } {
  let text = '';
  let framed = false;
  let toolOutputs: string[] = [];
  for (const message of messages) {
    if (message.role !== 'user') continue;
    const results = blocksOf(message.content).filter((block) => block.type === 'tool_result');
    toolOutputs.push(...results.map((result) => textOf(result.content)));
    const own = textOf(message.content);
    if (own !== '') {
      const isMail = MAIL_TEXT.test(own);
      if (isMail || !framed) text = newTextOf(own);
      framed ||= isMail;
      toolOutputs = results.length > 0 ? toolOutputs : [];
    }
  }
  return { text, toolOutputs };
}

const MAIL_TEXT = /^<mail_text\b[^>\n]*>[ \t]*\n?/m;

/** Between the lines `<mail_text …>` and `</mail_text …>`; all of it where there is no such line. */
export function newTextOf(message: string): string {
  const opening = MAIL_TEXT.exec(message);
  if (opening === null) return message.trim();
  const start = opening.index + opening[0].length;
  const end = message.lastIndexOf('</mail_text');
  return message.slice(start, end < start ? undefined : end).trim();
}

function blocksOf(content: unknown): Json[] {
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return blocksOf(content)
    .filter((block) => block.type === 'text')
    .map((block) => String(block.text ?? ''))
    .join('\n');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(text: string): RequestVerdict {
  return { ok: false, problem: text };
}
