import type { TokenUsage } from '@tinyfat/core';
import { lookCommand, recallCommand, rememberCommand } from './bash-commands.ts';
import { findWish, type Wish } from './find-wish.ts';
import { type Conversation, readConversation } from './read-conversation.ts';
import { writeAnswer, writeSummary } from './write-answer.ts';

/** One content block of the demo model. */
export type DemoBlock =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: { command: string } };

/** An assistant message, in the words of the Messages API. */
export interface DemoMessage {
  id: string;
  model: string;
  content: DemoBlock[];
  stopReason: 'end_turn' | 'tool_use';
  /** Plausible numbers: characters divided by four. */
  usage: TokenUsage;
  /** The request asked for server-sent events. */
  stream: boolean;
}

type DemoReply = { ok: true; message: DemoMessage } | { ok: false; reason: string };

/**
 * The model that answers where no key is set. Deterministic: the same request gives the same reply. On a new mail
 * it calls `bash` once, if a tool of that name is offered; with the result it answers.
 */
export function replyOfDemoModel(request: unknown): DemoReply {
  const read = readConversation(request);
  if (!read.ok) return read;
  const { conversation } = read;
  const wish = findWish(conversation.mailText);
  const output = conversation.toolOutputs.at(-1) ?? null;
  const id = fingerprint(conversation);
  const mayCall = output === null && conversation.tools.includes('bash');
  const text =
    conversation.toSummarise === null
      ? writeAnswer(conversation, wish, output)
      : writeSummary(conversation.toSummarise);
  const content: DemoBlock[] = mayCall
    ? [{ type: 'tool_use', id: `toolu_demo_${id}`, name: 'bash', input: { command: commandFor(wish) } }]
    : [{ type: 'text', text }];
  return {
    ok: true,
    message: {
      id: `msg_demo_${id}`,
      model: conversation.model,
      content,
      stopReason: content[0]?.type === 'tool_use' ? 'tool_use' : 'end_turn',
      usage: {
        input: inputTokens(conversation),
        output: Math.ceil(JSON.stringify(content).length / 4),
        cacheRead: 0,
        cacheWrite: 0,
      },
      stream: conversation.stream,
    },
  };
}

/** What `count_tokens` says of the same request. */
export function countDemoTokens(
  request: unknown,
): { ok: true; input: number } | { ok: false; reason: string } {
  const read = readConversation(request);
  return read.ok ? { ok: true, input: inputTokens(read.conversation) } : read;
}

function commandFor(wish: Wish): string {
  switch (wish.kind) {
    case 'remember':
      return rememberCommand(wish.note);
    case 'recall':
      return recallCommand();
    case 'look':
      return lookCommand();
  }
}

function inputTokens(conversation: Conversation): number {
  return Math.max(1, Math.ceil(conversation.characters / 4));
}

/** Differs between the requests of one conversation, as ids of tool calls have to: FNV-1a, twice, of the whole of it. */
function fingerprint(conversation: Conversation): string {
  const text = JSON.stringify(conversation);
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    other = Math.imul(other ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return [one, other].map((hash) => (hash >>> 0).toString(16).padStart(8, '0')).join('');
}
