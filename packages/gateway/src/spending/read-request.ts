/**
 * What a request to the Messages API may cost, read from its headers and body before it goes on. A field, header or kind
 * of content that is not known here may cost extra, so no bound is given for it.
 */
import { type JsonPath, type JsonValue, type RequestBounds, scanJson } from '@tinyfat/core';

/** What bounds the cost of a request; or why no bound can be given, and the model where it is named in one way only. */
export type RequestCost =
  | { ok: true; model: string; bounds: Omit<RequestBounds, 'inputTokens'> & { inputTokens: number | null } }
  | { ok: false; reason: string; model: string | null };

/** Reads a body chunk by chunk. */
interface RequestReader {
  push(chunk: Uint8Array): void;
  /** `inputTokens` is null where only the model's context window bounds them. */
  end(): RequestCost;
  /** A field that is refused in every run; null when there is none so far. */
  refusedField(): string | null;
}

/** More than any real request has; each level and value costs time. */
const JSON_LIMITS = { depth: 200, values: 500_000 };

/** `thread` continues a conversation at the provider: it is billed for messages that this gateway has not seen. */
const REFUSED_FIELDS = new Set(['thread']);

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

/** What of the beta features pi asks for; others may change prices, or let a model read more than it is known to. */
const KNOWN_BETAS = new Set([
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01',
  'thinking-binding-controls-2026-08-01',
]);

const KNOWN_HEADERS = new Set([
  'anthropic-beta',
  'anthropic-version',
  'anthropic-dangerous-direct-browser-access',
]);

/** Why the cost of a request can't be bounded, by its headers: a reason, or null. */
export function unpricedHeaders(headers: Headers): string | null {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return 'an encoded body can not be read';
  const type = headers.get('content-type') ?? 'application/json';
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(type.trim())) {
    return 'the body must be application/json in UTF-8';
  }
  for (const name of headers.keys()) {
    if (name.startsWith('anthropic-') && !KNOWN_HEADERS.has(name)) return `the header ${name} may cost extra`;
  }
  for (const beta of (headers.get('anthropic-beta') ?? '').split(',')) {
    const name = beta.trim();
    if (name !== '' && !KNOWN_BETAS.has(name))
      return `the beta feature ${JSON.stringify(name)} may cost extra`;
  }
  return null;
}

/** Makes a reader. */
export function readRequest(): RequestReader {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let isText = true;
  const fields = new Set<string>();
  let problem: string | null = null;
  let refusedField: string | null = null;
  let bytes = 0;
  let imageBytes = 0;
  let images = 0;
  let inTheBody = true;
  let hourCache = false;
  const models: (string | null)[] = [];
  let maxTokens: number | null = null;

  function field(name: string, value: JsonValue): void {
    if (REFUSED_FIELDS.has(name)) refusedField ??= name;
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
      imageBytes += value.length;
    }
  }, JSON_LIMITS);

  /** Only what every reader of UTF-8 reads the same way is read at all. */
  function read(chunk?: Uint8Array): void {
    if (!isText) return;
    try {
      scanner.push(utf8.decode(chunk, { stream: chunk !== undefined }));
    } catch {
      isText = false;
    }
  }

  return {
    push(chunk) {
      bytes += chunk.length;
      read(chunk);
    },
    refusedField: () => refusedField,
    end() {
      read();
      if (!scanner.end().ok || !isText) return { ok: false, reason: 'the body is no JSON', model: null };
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
