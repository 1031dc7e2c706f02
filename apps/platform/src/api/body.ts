/** The kinds of request bodies: how each is read, and how openapi.yaml describes it. */
import { type HttpCode, parseJson } from '@tinyfat/core';
import * as v from 'valibot';
import { jsonExcess } from './json-shape.ts';

/** The parsed body, or why it can't be used. */
type ParsedBody<B> = { ok: true; body: B } | { ok: false; code: HttpCode; detail: string };

/** The schema of a body by content type; null where that is not JSON. */
export type Content = Readonly<Record<string, v.GenericSchema | null>>;

export interface BodyKind<B> {
  /** 0 = no body is taken. */
  maxBytes: number;
  /** `type` is the media type in lower case, without parameters. */
  parse(bytes: Uint8Array, type: string): ParsedBody<B>;
  /** Empty where there is none. */
  content: Content;
  /** It may be left out. */
  optional?: true;
}

const MEGABYTE = 1024 * 1024;

/** No body. */
export const noBody: BodyKind<null> = {
  maxBytes: 0,
  parse: () => ({ ok: true, body: null }),
  content: {},
};

/** A JSON object of this schema. */
export function jsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  maxBytes = MEGABYTE,
): BodyKind<v.InferOutput<Schema>> {
  return {
    maxBytes,
    content: { 'application/json': schema },
    parse(bytes, type) {
      if (type !== 'application/json') return wrongType('application/json');
      const text = decodeUtf8(bytes);
      if (text === null) return invalid('The body is not valid JSON.');
      const excess = jsonExcess(text);
      if (excess !== null) return invalid(excess);
      const json = parseJson(text);
      if (json === undefined) return invalid('The body is not valid JSON.');
      // valibot takes a list for an object.
      if (Array.isArray(json)) return invalid('The body must be a JSON object, not a list.');
      const parsed = v.safeParse(schema, json);
      return parsed.success ? { ok: true, body: parsed.output } : invalid(explainIssue(parsed.issues[0]));
    },
  };
}

/** The same where a request without a body says what an empty object says. */
export function optionalJsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  maxBytes = MEGABYTE,
): BodyKind<v.InferOutput<Schema>> {
  const kind = jsonBody(schema, maxBytes);
  const empty = new TextEncoder().encode('{}');
  return {
    ...kind,
    optional: true,
    parse: (bytes, type) =>
      bytes.length === 0 ? kind.parse(empty, 'application/json') : kind.parse(bytes, type),
  };
}

/** Text in UTF-8. */
export function textBody(maxBytes: number, ...types: [string, ...string[]]): BodyKind<string> {
  return {
    maxBytes,
    content: Object.fromEntries(types.map((type) => [type, null])),
    parse(bytes, type) {
      if (!types.includes(type)) return wrongType(types.join(' or '));
      const text = decodeUtf8(bytes);
      if (text === null) return invalid('The body is not text in UTF-8.');
      return text.includes('\0') ? invalid('The body has a NUL character in it.') : { ok: true, body: text };
    },
  };
}

/** Bytes of any kind. */
export function bytesBody(maxBytes: number): BodyKind<Uint8Array> {
  return {
    maxBytes,
    content: { 'application/octet-stream': null },
    parse: (bytes, type) =>
      type === 'application/octet-stream' || type.startsWith('text/')
        ? { ok: true, body: bytes }
        : wrongType('application/octet-stream'),
  };
}

/** A zip archive (PKWARE APPNOTE), still packed. */
export function zipBody(maxBytes: number): BodyKind<Uint8Array> {
  const types = ['application/zip', 'application/x-zip-compressed', 'application/octet-stream'];
  return {
    maxBytes,
    content: { 'application/zip': null },
    parse: (bytes, type) => (types.includes(type) ? { ok: true, body: bytes } : wrongType('application/zip')),
  };
}

/** The text of bytes; null where they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Which field is wrong and what to write, on one line; repeats no value, which could be a secret. */
export function explainIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const field = path === null ? 'The request' : `"${printable(path)}"`;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${field} is not known here; leave it out.`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') return `${field} is missing.`;
  return `${field} can not be used; write ${wanted(issue)}.`;
}

/** Schemas of our own say in their message what to write; valibot's own messages repeat the value. */
function wanted(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  return `a value of this kind: ${issue.expected ?? issue.type}`;
}

/** Names of fields come from the client: no line break of theirs reaches the answer. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, '?').slice(0, 100);
}

/** Parses a body; undefined where it is no JSON in UTF-8. */
export function jsonIn(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  return text === null ? undefined : parseJson(text);
}

function invalid(detail: string): { ok: false; code: HttpCode; detail: string } {
  return { ok: false, code: 'invalid_request', detail };
}

function wrongType(type: string): { ok: false; code: HttpCode; detail: string } {
  return { ok: false, code: 'unsupported_media_type', detail: `Send the body with content-type: ${type}.` };
}
