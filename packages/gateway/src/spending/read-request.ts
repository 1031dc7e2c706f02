/**
 * What a request to the Messages API may cost, read from its body before it goes on. Whatever this does not know for
 * certain is no part of the answer: a field that nobody here knows may cost extra, so it is refused.
 */
import type { RequestBounds } from '@tinyfat/core';
import { type JsonPath, type JsonValue, scanJson } from './scan-json.ts';

/** What bounds the cost of a request; or why no bound can be given, and the model where it is named in one way only. */
export type RequestCost =
  | { ok: true; model: string; bounds: Omit<RequestBounds, 'inputTokens'> & { inputTokens: number | null } }
  | { ok: false; reason: string; model: string | null };

/** Reads a body chunk by chunk. `inputTokens` is null where only the model's context window bounds them. */
export interface RequestReader {
  push(chunk: Uint8Array): void;
  end(): RequestCost;
}

/** Fields that change no price. Others do: service_tier, speed, inference_geo, mcp_servers, container, fallbacks … */
const KNOWN_FIELDS = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'stream',
  'stop_sequences',
  'temperature',
  'top_k',
  'top_p',
  'tools',
  'tool_choice',
  'metadata',
  'thinking',
  'output_config',
  'output_format',
  'cache_control',
]);

/** Tools that run where the agent runs; all others run at the provider, some of them for money. */
const LOCAL_TOOL = /^(?:custom|(?:bash|text_editor|computer|memory)_\d{8})$/;

/**
 * Kinds of things whose tokens all stand in the body, images apart. What is fetched or unpacked by the provider
 * (`url`, `file`, `document` …) can be longer than any body.
 */
const KINDS_IN_THE_BODY = new Set([
  ...[
    'text',
    'image',
    'base64',
    'tool_use',
    'tool_result',
    'thinking',
    'redacted_thinking',
    'ephemeral',
    'custom',
  ],
  ...['tool_addition', 'tool_removal', 'tool_reference', 'enabled', 'disabled', 'adaptive', 'json_schema'],
  ...['object', 'array', 'string', 'number', 'integer', 'boolean', 'null', 'auto', 'any', 'tool', 'none'],
]);

/** More than any model is charged for an image, tokens. */
const IMAGE_TOKENS = 8_000;
/** What the provider adds by itself, for example to explain the use of tools. */
const ADDED_TOKENS = 2_000;

const IMAGE_DATA = /^messages\.\*\.content\.\*\.(?:content\.\*\.)?source\.data$/;

/** Makes a reader. */
export function readRequest(): RequestReader {
  const fields = new Set<string>();
  let problem: string | null = null;
  let bytes = 0;
  let imageBytes = 0;
  let images = 0;
  let inTheBody = true;
  let hourCache = false;
  const models: (string | null)[] = [];
  let maxTokens: number | null = null;

  function field(name: string, value: JsonValue): void {
    if (!KNOWN_FIELDS.has(name)) problem ??= `the field ${JSON.stringify(name)} may cost extra`;
    if (fields.has(name)) problem ??= `the field ${JSON.stringify(name)} stands there twice`;
    fields.add(name);
    if (name.toLowerCase() === 'model') models.push(value.kind === 'string' ? value.text : null);
    if (name === 'max_tokens' && value.kind === 'number' && /^[1-9]\d{0,9}$/.test(value.text ?? '')) {
      maxTokens = Number(value.text);
    }
  }

  function kind(path: JsonPath, { kind, text }: JsonValue): void {
    if (kind === 'object' || kind === 'array') return;
    const isTool = path[0] === 'tools' && path.length === 3;
    if (isTool && text !== 'null' && !LOCAL_TOOL.test(text ?? '')) {
      problem ??= `the tool ${JSON.stringify(text ?? '…')} runs at the provider and may cost extra`;
    }
    if (!isTool && !KINDS_IN_THE_BODY.has(text ?? '')) inTheBody = false;
  }

  const scanner = scanJson((path, value) => {
    const name = path.at(-1);
    if (path.length === 0 && value.kind !== 'object') problem ??= 'it is no JSON object';
    if (path.length === 1 && name !== undefined) field(name, value);
    if (name === 'type') kind(path, value);
    if (name === 'ttl' && value.text !== '5m') hourCache = true;
    if (name === 'data' && value.kind === 'string' && IMAGE_DATA.test(path.join('.'))) {
      images += 1;
      imageBytes += value.bytes;
    }
  });

  return {
    push(chunk) {
      bytes += chunk.length;
      scanner.push(chunk);
    },
    end() {
      if (!scanner.end()) return { ok: false, reason: 'the body is no JSON', model: null };
      const model = models.length === 1 ? (models[0] ?? null) : null;
      if (problem !== null) return { ok: false, reason: problem, model };
      if (model === null) return { ok: false, reason: 'model must be a name', model };
      if (maxTokens === null) return { ok: false, reason: 'max_tokens must be a whole number', model };
      // Each token stands for at least one byte of text, whatever the text is.
      const inputTokens = inTheBody ? bytes - imageBytes + images * IMAGE_TOKENS + ADDED_TOKENS : null;
      return { ok: true, model, bounds: { inputTokens, maxTokens, hourCache } };
    },
  };
}
