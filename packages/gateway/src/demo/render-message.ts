import type { DemoBlock, DemoMessage } from './demo-model.ts';

/** The message as the plain JSON answer of the Messages API. */
export function messageAsJson(message: DemoMessage): string {
  return JSON.stringify({
    ...envelope(message),
    content: message.content,
    stop_reason: message.stopReason,
    usage: usageFields(message, message.usage.output),
  });
}

/** The message as its event stream, with text and tool input in pieces as a real one comes. */
export function messageAsSse(message: DemoMessage): string {
  const start = { ...envelope(message), content: [], stop_reason: null, usage: usageFields(message, 1) };
  return [
    event('message_start', { message: start }),
    ...message.content.map(blockEvents),
    event('message_delta', {
      delta: { stop_reason: message.stopReason, stop_sequence: null },
      usage: { output_tokens: message.usage.output },
    }),
    event('message_stop', {}),
  ].join('');
}

function envelope(message: DemoMessage): Record<string, unknown> {
  return { id: message.id, type: 'message', role: 'assistant', model: message.model, stop_sequence: null };
}

function usageFields(message: DemoMessage, output: number): Record<string, number> {
  return {
    input_tokens: message.usage.input,
    output_tokens: output,
    cache_read_input_tokens: message.usage.cacheRead,
    cache_creation_input_tokens: message.usage.cacheWrite,
  };
}

function blockEvents(block: DemoBlock, index: number): string {
  const isText = block.type === 'text';
  const empty = isText ? { ...block, text: '' } : { ...block, input: {} };
  const deltas = isText
    ? pieces(block.text).map((text) => ({ type: 'text_delta', text }))
    : pieces(JSON.stringify(block.input)).map((part) => ({ type: 'input_json_delta', partial_json: part }));
  return [
    event('content_block_start', { index, content_block: empty }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ].join('');
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,48}/gu) ?? [];
}
