/** The kinds of answers: how each is written, how a client reads it, and how openapi.yaml describes it. */
import { type ByteStream, type ErrorCode, type HttpCode, httpErrors } from '@tinyfat/core';
import * as v from 'valibot';
import { mailFrame } from '../http/mail-frame.ts';
import { type Content, jsonIn } from './body.ts';

/** A refusal as a value; its code is one of core's list. */
export interface Refusal {
  ok: false;
  code: ApiCode;
  status: number;
  /** A sentence on this case. */
  detail?: string;
  /** What to do in this case; absent = what the code says. */
  nextStep?: string;
  headers?: Readonly<Record<string, string>>;
}

/** What a handler gives: the body that its route declares, or a refusal. */
export type Outcome<A> = { ok: true; body: A; headers?: Readonly<Record<string, string>> } | Refusal;

/** One kind of answer. */
export interface AnswerKind<A> {
  status: number;
  write(body: A, headers: Readonly<Record<string, string>>): Response;
  /** Parses an answer that is no refusal, for a client. */
  read(bytes: Uint8Array, headers: Headers): ReadAnswer<A>;
  /** Empty where there is no body. */
  content: Content;
}

/** The body, or how the answer differs from what is declared. */
type ReadAnswer<A> = { ok: true; body: A } | { ok: false; detail: string };

/** Bytes that the platform did not write: a browser downloads them and never shows them as a page. */
export type Download = (
  | { bytes: Uint8Array }
  | ByteStream
  /** Of a size that is not known before its end. */
  | { size: null; stream: ReadableStream<Uint8Array> }
) & {
  /** Last part of a path; any characters. */
  name: string;
};

/** Codes that also occur outside of HTTP, with their status. */
const FURTHER = { agent_name_taken: 409 } as const satisfies Partial<Record<ErrorCode, number>>;

/** A code that the API can answer with. */
export type ApiCode = HttpCode | keyof typeof FURTHER;

/** The HTTP status of a code. */
export function statusOf(code: ApiCode): number {
  return code === 'agent_name_taken' ? FURTHER[code] : httpErrors[code].status;
}

/** A refusal with the status of its code. */
export function refuse(code: ApiCode, detail?: string, headers?: Readonly<Record<string, string>>): Refusal {
  return {
    ok: false,
    code,
    status: statusOf(code),
    ...(detail === undefined ? {} : { detail }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** The outcome of taking something away: a refusal where it was not there. */
export function removed(wasThere: boolean): Outcome<null> {
  return wasThere ? { ok: true, body: null } : refuse('not_found');
}

/** JSON of this schema. */
export function json<A>(schema: v.GenericSchema<A>, status = 200): AnswerKind<A> {
  return {
    status,
    content: { 'application/json': schema },
    write: (body, headers) => Response.json(body, { status, headers }),
    read: (bytes, headers) => readJson(schema, bytes, headers),
  };
}

/** 204 without a body. */
export const noContent: AnswerKind<null> = {
  status: 204,
  content: {},
  write: (_body, headers) => new Response(null, { status: 204, headers }),
  read: (bytes) => (bytes.length === 0 ? { ok: true, body: null } : { ok: false, detail: 'It has a body.' }),
};

/** A download of this content type. */
export function download(type: string): AnswerKind<Download> {
  return {
    status: 200,
    content: { [type]: null },
    write: ({ name, ...content }, headers) =>
      new Response('stream' in content ? content.stream : new Uint8Array(content.bytes), {
        headers: {
          ...headers,
          'content-type': type,
          ...lengthOf('stream' in content ? content.size : content.bytes.length),
          'content-disposition': attachment(name),
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
        },
      }),
    read: (bytes, headers) => {
      const [, name = ''] = /filename="([\w.-]+)"/.exec(headers.get('content-disposition') ?? '') ?? [];
      return headers.get('content-type') === type
        ? { ok: true, body: { bytes, name } }
        : { ok: false, detail: `It is not of the type ${type}.` };
    },
  };
}

function lengthOf(bytes: number | null): Record<string, string> {
  return bytes === null ? {} : { 'content-length': String(bytes) };
}

/** The HTML document that shows a mail in a frame of ours (`mail-frame.ts`). */
export const mailDocumentAnswer: AnswerKind<string> = {
  status: 200,
  content: { 'text/html; charset=utf-8': null },
  write: (body, headers) => mailFrame(body, headers),
  read: (bytes, headers) =>
    headers.get('content-type')?.startsWith('text/html') === true
      ? { ok: true, body: new TextDecoder().decode(bytes) }
      : { ok: false, detail: 'It is no HTML.' },
};

/** JSON, or server-sent events where the client asks for them. */
export function jsonOrEvents<A>(
  schema: v.GenericSchema<A>,
): AnswerKind<{ list: A } | { stream: ReadableStream<Uint8Array> }> {
  const list = json(schema);
  return {
    status: 200,
    content: { ...list.content, 'text/event-stream': null },
    write: (body, headers) =>
      'list' in body
        ? list.write(body.list, headers)
        : new Response(body.stream, {
            headers: {
              ...headers,
              'content-type': 'text/event-stream; charset=utf-8',
              'cache-control': 'no-store',
              // nginx would keep events back until its buffer is full.
              'x-accel-buffering': 'no',
            },
          }),
    read: (bytes, headers) => {
      const read = list.read(bytes, headers);
      return read.ok ? { ok: true, body: { list: read.body } } : read;
    },
  };
}

/** JSON, or the same as lines of text where the client asks for `text/csv`. */
export function jsonOrCsv<A>(schema: v.GenericSchema<A>): AnswerKind<{ list: A } | { csv: CsvFile }> {
  const list = json(schema);
  return {
    status: 200,
    content: { ...list.content, 'text/csv': null },
    write: (body, headers) =>
      'list' in body ? list.write(body.list, headers) : csvAnswer(body.csv, headers),
    read: (bytes, headers) => {
      const read = list.read(bytes, headers);
      return read.ok ? { ok: true, body: { list: read.body } } : read;
    },
  };
}

/** A table as CSV (RFC 4180), and the name that its file gets. */
export interface CsvFile {
  name: string;
  text: string;
}

/** A download of it. */
export function csvAnswer({ name, text }: CsvFile, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, {
    headers: {
      ...headers,
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': attachment(name),
      'x-content-type-options': 'nosniff',
    },
  });
}

/** A client drops at most this many fields that a newer server has added. */
const MAX_NEWER_FIELDS = 50;

function readJson<A>(schema: v.GenericSchema<A>, bytes: Uint8Array, headers: Headers): ReadAnswer<A> {
  if (!/^application\/json\b/.test(headers.get('content-type') ?? '')) {
    return { ok: false, detail: 'It is no JSON.' };
  }
  const value = jsonIn(bytes);
  if (value === undefined) return { ok: false, detail: 'It is no JSON.' };
  for (let fields = 0; fields < MAX_NEWER_FIELDS; fields++) {
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return { ok: true, body: parsed.output };
    const wrong = parsed.issues.find((issue) => !isUnknownField(issue));
    if (wrong) return { ok: false, detail: `"${v.getDotPath(wrong) ?? ''}" is not what it should be.` };
    // valibot reports one unknown field of each object at a time.
    for (const issue of parsed.issues) leaveOut(issue);
  }
  return { ok: false, detail: 'There is very much in it that is not known here.' };
}

function leaveOut(issue: v.BaseIssue<unknown>): void {
  const place = issue.path?.at(-1);
  if (place?.type === 'object') Reflect.deleteProperty(place.input, place.key);
}

function isUnknownField(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** RFC 6266 and RFC 8187: a plain name for all, and the real one where it has other characters. */
function attachment(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-100);
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${encoded}`}`;
}
