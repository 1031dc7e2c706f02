import { isRecord } from '@tinyfat/core';

/** What came back from one tool call. */
export interface ToolOutput {
  text: string;
  isError: boolean;
}

/** What the demo model understands of a Messages API request. */
export interface Conversation {
  model: string;
  stream: boolean;
  /** New text of the mail that waits for an answer, without the frame around it. */
  mailText: string;
  /** Subject of that mail; empty when none was found. */
  subject: string;
  /** Given name of the sender; empty when none was found. */
  senderName: string;
  /** New text of the mails before, oldest first. */
  earlierMails: string[];
  /** Names of the tools that are offered. */
  tools: string[];
  /** The runtime asks for a summary of this text, not for an answer; null for a turn. */
  toSummarise: string | null;
  /** Results since the last user text, in order; a notice behind the mail begins anew. */
  toolOutputs: ToolOutput[];
  /** Characters of everything that was sent, as a rough size. */
  characters: number;
}

type ReadConversation = { ok: true; conversation: Conversation } | { ok: false; reason: string };

const MAIL_TEXT = /^<mail_text\b[^>\n]*>[ \t]*\n?/m;

/** Reads a request body that was JSON; unknown fields are ignored, a missing one is named. */
export function readConversation(request: unknown): ReadConversation {
  if (!isRecord(request)) return { ok: false, reason: 'the body must be a JSON object' };
  if (typeof request.model !== 'string') return { ok: false, reason: 'model: a string is required' };
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    return { ok: false, reason: 'messages: at least one message is required' };
  }
  const messages = request.messages.filter(isRecord);
  const tools = Array.isArray(request.tools) ? request.tools.filter(isRecord) : [];
  const texts: string[] = [];
  let toolOutputs: ToolOutput[] = [];
  let characters = textOf(request.system).length;
  for (const tool of tools) characters += textOf(tool.name).length + textOf(tool.description).length;
  for (const message of messages) {
    const text = textOf(message.content);
    const outputs = toolOutputsOf(message.content);
    characters += text.length + outputs.reduce((sum, output) => sum + output.text.length, 0);
    if (message.role !== 'user') continue;
    for (const output of outputs) toolOutputs.push(output);
    if (outputs.length === 0 && text !== '') {
      texts.push(text);
      toolOutputs = [];
    }
  }
  // A text without the frame that comes after a mail is a notice about it, no mail of its own.
  const framed = texts.filter((text) => MAIL_TEXT.test(text));
  const mails = framed.length > 0 ? framed : texts;
  const last = mails.at(-1) ?? '';
  const wantsSummary = tools.length === 0 && /summari[sz]/i.test(textOf(request.system));
  return {
    ok: true,
    conversation: {
      model: request.model,
      stream: request.stream === true,
      mailText: newTextOf(last),
      subject: lineAfter(last, 'Subject'),
      senderName: senderNameOf(last),
      earlierMails: mails.slice(0, -1).map(newTextOf),
      tools: tools.map((tool) => textOf(tool.name)),
      toSummarise: wantsSummary ? (texts.at(-1) ?? '') : null,
      toolOutputs,
      characters,
    },
  };
}

/** Text of a string or of its text blocks; tool results and images are left out. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter(isRecord)
    .filter((block) => block.type === 'text')
    .map((block) => (typeof block.text === 'string' ? block.text : ''))
    .join('\n');
}

function toolOutputsOf(content: unknown): ToolOutput[] {
  if (!Array.isArray(content)) return [];
  return content
    .filter(isRecord)
    .filter((block) => block.type === 'tool_result')
    .map((block) => ({ text: textOf(block.content), isError: block.is_error === true }));
}

/** The mail's own text; the whole message where the frame is missing. */
function newTextOf(message: string): string {
  const opening = MAIL_TEXT.exec(message);
  if (opening === null) return message.trim();
  const start = opening.index + opening[0].length;
  const end = message.lastIndexOf('</mail_text');
  return message.slice(start, end < start ? undefined : end).trim();
}

/** A header line of the mail; its text is not looked at. */
function lineAfter(message: string, name: string): string {
  const frame = message.split('<mail_text', 1)[0] ?? '';
  const match = new RegExp(`^${name}: *([^\\n]*)$`, 'm').exec(frame);
  return (match?.[1] ?? '').trim();
}

function senderNameOf(message: string): string {
  const name = /^"?([\p{L}'-]{1,40})[^<]*</u.exec(lineAfter(message, 'From'));
  return name?.[1] ?? '';
}
