import { describe, expect, it } from 'vitest';
import { readRequest } from './read-request.ts';

const read = (body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reader = readRequest();
  reader.push(Buffer.from(text));
  return { ...reader.end(), bytes: Buffer.byteLength(text) };
};
const plain = { model: 'haiku', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };
const inputOf = (body: unknown) => {
  const result = read(body);
  if (!result.ok) throw new Error(result.reason);
  return { tokens: result.bounds.inputTokens, bytes: result.bytes };
};

describe('what a request may cost', () => {
  it('is bound by its bytes and max_tokens', () => {
    const { bytes } = inputOf(plain);
    expect(read(plain)).toMatchObject({
      ok: true,
      model: 'haiku',
      bounds: { inputTokens: bytes + 2000, maxTokens: 100, hourCache: false },
    });
  });

  it('finds the model behind a megabyte of something else', () => {
    const { model, ...rest } = plain;
    expect(read({ system: 'x'.repeat(1024 * 1024), ...rest, model })).toMatchObject({ model: 'haiku' });
  });

  it.each([
    ['the model twice', '{"model":"haiku","max_tokens":1,"messages":[],"model":"opus"}', 'twice'],
    [
      'the model twice, once with an escape',
      '{"model":"haiku","max_tokens":1,"\\u006dodel":"opus"}',
      'twice',
    ],
    ['max_tokens twice', '{"model":"haiku","max_tokens":1,"max_tokens":1000000000}', 'twice'],
    ['the tools twice', '{"tools":[],"tools":[{"type":"web_search_20250305"}]}', 'twice'],
    [
      'the model in other letters, as some parsers take it',
      '{"model":"haiku","Model":"opus","max_tokens":1}',
      'Model',
    ],
    ['no model', { ...plain, model: undefined }, 'model'],
    ['a model that is no text', { ...plain, model: ['opus'] }, 'model'],
    ['a model with a long name', { ...plain, model: 'x'.repeat(300) }, 'model'],
    ['no max_tokens', { ...plain, max_tokens: undefined }, 'max_tokens'],
    ['max_tokens as text', { ...plain, max_tokens: '5' }, 'max_tokens'],
    ['max_tokens below one', { ...plain, max_tokens: -1 }, 'max_tokens'],
    ['max_tokens in another spelling', '{"model":"haiku","max_tokens":1e9}', 'max_tokens'],
    ['a list', '[{"model":"haiku","max_tokens":1}]', 'no JSON object'],
    ['half a body', '{"model":"haiku","max_tokens":1', 'no JSON'],
    ['a body in UTF-16', Buffer.from(JSON.stringify(plain), 'utf16le').toString('latin1'), 'no JSON'],
    ['a byte order mark', `\ufeff${JSON.stringify(plain)}`, 'no JSON'],
  ])('refuses %s', (_what, body, word) => {
    expect(read(body)).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
    // What is told in two ways, or not at all, is priced by the dearest where nothing is refused.
    if (word !== 'max_tokens' && word !== 'twice') expect(read(body)).toMatchObject({ model: null });
  });

  it('tells the model of a request that it refuses for something else', () => {
    expect(read({ ...plain, speed: 'fast' })).toMatchObject({ ok: false, model: 'haiku' });
    expect(read('{"model":"haiku","model":"opus"}')).toMatchObject({ ok: false, model: null });
  });

  it.each([
    ['service_tier', 'auto'],
    ['speed', 'fast'],
    ['inference_geo', 'us'],
    ['mcp_servers', []],
    ['container', 'c'],
    ['fallbacks', [{ model: 'opus' }]],
    ['context_management', {}],
    ['what_comes_next_year', 1],
  ])('refuses the field %s, which costs extra or may', (name, value) => {
    expect(read({ ...plain, [name]: value })).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`"${name}" may cost extra`),
    });
  });

  it.each([
    'web_search_20250305',
    'web_fetch_20250910',
    'code_execution_20250825',
    'mcp_toolset',
    'bash',
    '',
  ])('refuses the tool %j of the provider’s', (type) => {
    const tools = [
      { name: 'a', input_schema: { type: 'object' } },
      { type, name: 'b' },
    ];
    expect(read({ ...plain, tools })).toMatchObject({ ok: false, reason: expect.stringContaining('extra') });
  });

  it('refuses a tool that names a harmless type and another one', () => {
    const tools = '[{"name":"a","type":"web_search_20250305","type":"custom"}]';
    expect(read(`{"model":"haiku","max_tokens":1,"tools":${tools}}`)).toMatchObject({ ok: false });
  });

  it('lets the tools pass that run where the agent runs', () => {
    const tools = [
      { name: 'a', input_schema: { type: 'object', properties: { type: { type: 'string' } } } },
      { name: 'b', type: 'custom' },
      { name: 'c', type: null },
      { name: 'd', type: 'bash_20250124' },
    ];
    expect(inputOf({ ...plain, tools })).toMatchObject({ tokens: expect.any(Number) });
  });

  const block = (content: unknown) => ({ ...plain, messages: [{ role: 'user', content: [content] }] });
  const data = 'QUJD'.repeat(50_000);
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };

  it('takes an image for what images cost, also in the result of a tool', () => {
    for (const content of [image, { type: 'tool_result', tool_use_id: 't', content: [image] }]) {
      const { tokens, bytes } = inputOf(block(content));
      expect(tokens).toBe(bytes - data.length + 8000 + 2000);
    }
  });

  it.each([
    ['a document', { type: 'document', source: { ...image.source, media_type: 'application/pdf' } }],
    [
      'an image that the provider fetches',
      { type: 'image', source: { type: 'url', url: 'https://x.example' } },
    ],
    ['an uploaded file', { type: 'image', source: { type: 'file', file_id: 'f' } }],
    ['something unknown', { type: 'whatever' }],
  ])('takes %s for as long as the model can read', (_what, content) => {
    expect(inputOf(block(content)).tokens).toBeNull();
  });

  it('takes data that only looks like an image for the text that it is', () => {
    for (const content of [
      { type: 'tool_use', id: 't', name: 'n', input: { source: image.source } },
      { type: 'tool_use', id: 't', name: 'n', input: { content: [{ source: image.source }] } },
      { type: 'text', text: data },
    ]) {
      const { tokens, bytes } = inputOf(block(content));
      expect(tokens).toBe(bytes + 2000);
    }
  });

  it('sees that entries of the cache are to live for an hour', () => {
    const system = (ttl?: string) => [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl } }];
    expect(read({ ...plain, system: system('1h') })).toMatchObject({ bounds: { hourCache: true } });
    expect(read({ ...plain, system: system('5m') })).toMatchObject({ bounds: { hourCache: false } });
    expect(read({ ...plain, system: system() })).toMatchObject({ bounds: { hourCache: false } });
  });
});

it.each([
  ['an overlong quote', [0xc0, 0xa2]],
  ['half a character', [0xc3]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a byte that is none', [0xff]],
])('refuses text that readers of UTF-8 read in different ways: %s', (_what, bytes) => {
  for (const rest of ['"}', '","model":"opus"}']) {
    const reader = readRequest();
    for (const part of ['{"max_tokens":1,"model":"haiku', bytes, rest]) {
      reader.push(typeof part === 'string' ? Buffer.from(part) : Uint8Array.from(part));
    }
    expect(reader.end()).toEqual({ ok: false, reason: 'the body is no JSON', model: null });
  }
});

it.each([
  '{"model":"haiku","thread":{"type":"create"},"max_tokens":1}',
  '{"model":"haiku","max_tokens":1,"\\u0074hread":{"type":"continue","previous_message_id":"m"}}',
])('finds the field of a conversation that stands at the provider in %s', (body) => {
  const reader = readRequest();
  expect(reader.refusedField()).toBeNull();
  reader.push(Buffer.from(body));
  expect(reader.refusedField()).toBe('thread');
});

it('takes a thread deeper down for what it is: some text', () => {
  const reader = readRequest();
  reader.push(Buffer.from(JSON.stringify({ ...plain, metadata: { thread: 1 } })));
  expect(reader.refusedField()).toBeNull();
});
