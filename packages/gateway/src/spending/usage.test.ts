import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_USAGE, usageReader } from './usage.ts';

const sse = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const STREAM = [
  sse('message_start', {
    message: {
      usage: {
        input_tokens: 10,
        output_tokens: 1,
        cache_read_input_tokens: 300,
        cache_creation_input_tokens: 20,
      },
    },
  }),
  sse('ping', {}),
  sse('content_block_delta', { delta: { text: 'föö "usage":{"input_tokens":9999} 🎈' } }),
  sse('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } }),
  sse('message_stop', {}),
].join('');
const JSON_BODY = JSON.stringify({
  content: [{ type: 'text', text: 'x "usage":{"output_tokens":9} \\ " 🎈', usage: { input_tokens: 777 } }],
  usage: {
    input_tokens: 10,
    output_tokens: 42,
    cache_read_input_tokens: 300,
    cache_creation_input_tokens: 20,
  },
  more: { usage: { input_tokens: 888 } },
});
const EXPECTED = { input: 10, output: 42, cacheRead: 300, cacheWrite: 20 };

function count(type: string, body: string, cuts: number[]) {
  let last = NO_USAGE;
  const read = usageReader(type, (usage) => {
    last = usage;
  });
  const bytes = Buffer.from(body);
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  for (const [index, start] of places.entries()) read(bytes.subarray(start, places[index + 1]));
  const { cacheWriteHour, ...tokens } = last;
  expect(cacheWriteHour).toBe(0);
  return tokens;
}

test.each([
  ['text/event-stream; charset=utf-8', STREAM],
  ['text/event-stream', STREAM.replaceAll('\n', '\r\n')],
  ['text/event-stream', STREAM.replaceAll('\n', '\r')],
  ['text/event-stream', STREAM.replaceAll('data: ', 'data:')],
  ['application/json', JSON_BODY],
  ['application/json', JSON.stringify(JSON.parse(JSON_BODY), null, 2)],
])('counts %s the same however it is cut', (type, body) => {
  expect(count(type, body, [])).toEqual(EXPECTED);
  const everyByte = Array.from(Buffer.from(body).keys());
  expect(count(type, body, everyByte)).toEqual(EXPECTED);
  fc.assert(
    fc.property(fc.array(fc.nat(Buffer.byteLength(body)), { maxLength: 12 }), (cuts) => {
      expect(count(type, body, cuts)).toEqual(EXPECTED);
    }),
  );
});

test('takes cumulative reports of one answer once', () => {
  const body = [
    sse('message_start', { message: { usage: { input_tokens: 5, output_tokens: 1 } } }),
    sse('message_delta', { usage: { input_tokens: 5, output_tokens: 10 } }),
    sse('message_delta', { usage: { input_tokens: 8, output_tokens: 12 } }),
  ].join('');
  expect(count('text/event-stream', body, [])).toEqual({ input: 8, output: 12, cacheRead: 0, cacheWrite: 0 });
});

test('counts while the answer flows', () => {
  const part = STREAM.slice(0, STREAM.indexOf('event: ping'));
  expect(count('text/event-stream', part, [])).toEqual({ ...EXPECTED, output: 1 });
});

test('finds the share of the cache that lives for an hour, in a stream and in plain JSON', () => {
  const usage = {
    output_tokens: 1,
    cache_creation: { ephemeral_1h_input_tokens: 7, more: { ephemeral_1h_input_tokens: 9 } },
  };
  for (const [type, body] of [
    ['application/json', JSON.stringify({ usage })],
    ['text/event-stream', sse('message_delta', { usage })],
  ] as const) {
    const seen: number[] = [];
    usageReader(type, ({ cacheWriteHour }) => seen.push(cacheWriteHour))(Buffer.from(body));
    expect(seen.at(-1)).toBe(7);
  }
});

test.each([
  [
    'text/event-stream',
    'data: {"type":"message_start","message":{"usage":{"input_tokens":-5,"output_tokens":1e999}}}\n\n',
  ],
  ['text/event-stream', 'data: {"type":"message_delta","usage":{"output_tokens":"7"}}\n\n'],
  ['text/event-stream', 'data: {"type":"message_delta","usage":[7]}\n\ndata: {"usage"\n\ndata: null\n\n'],
  ['text/event-stream', 'data: {"type":"content_block_delta","usage":{"output_tokens":7}}\n\n'],
  ['application/json', '[{"usage":{"input_tokens":3}}]'],
  ['application/json', '{"usage":{"input_tokens":3'],
  ['application/json', '}}}{"usage":'],
  ['application/json', '"usage"'],
  ['text/html', JSON_BODY],
])('counts nothing for a broken or foreign body: %s %s', (type, body) => {
  expect(count(type, body, [])).toEqual({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 });
});

test('survives endless lines and values, and counts what comes after them', () => {
  let output = 0;
  const read = usageReader('text/event-stream', (usage) => {
    output = usage.output;
  });
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  read(Buffer.from('data: '));
  for (let index = 0; index < 20; index += 1) read(megabyte);
  read(Buffer.from(`\n\n${sse('message_delta', { usage: { output_tokens: 4 } })}`));
  expect(output).toBe(4);
});

test.each(['\n', '\r\n', '\r'])('puts the data lines of one event together, lines ending in %j', (end) => {
  const event = ['data: {"type":"message_delta",', 'data: "usage":{"output_tokens":4}}', '', ''].join(end);
  expect(count('text/event-stream', event, []).output).toBe(4);
});
