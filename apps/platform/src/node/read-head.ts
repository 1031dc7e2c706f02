/**
 * Makes a web-standard `Request` of what Node parsed. Targets and hosts that two programs could read differently are refused
 * as well as what `request-shape.ts` refuses (RFC 9112 section 3.2).
 */
import type { IncomingMessage } from 'node:http';
import { problem } from '../http/problem.ts';
import { isKnownMethod, isReadablePath, methodNotAllowed, unreadablePath } from '../http/request-shape.ts';

/** The request, or the answer to one that goes no further. */
type ReadHead = { ok: true; request: Request } | { ok: false; answer: Response };

/** A name or an address, with a port or without. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Reads the head; the body is read later, as far as its route wants it. `signal` says that the client has left. */
export function readHead(incoming: IncomingMessage, signal: AbortSignal): ReadHead {
  const { method = '' } = incoming;
  if (!isKnownMethod(method)) return { ok: false, answer: methodNotAllowed() };
  const path = pathOf(incoming.url ?? '');
  if (path === null) return { ok: false, answer: unreadablePath() };
  const host = hostOf(incoming);
  if (host === null) return invalid('It must name one host in its header Host.');
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody && mayHaveBody(incoming) ? { body: bodyOf(incoming), duplex: 'half' as const } : {};
  const headers = headersOf(incoming);
  return { ok: true, request: new Request(`http://${host}${path}`, { method, headers, signal, ...body }) };
}

/** Path and query of the target, also of one in absolute form; null where it is neither, or its path can't be decoded. */
function pathOf(target: string): string | null {
  const after = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  const path = after === '' ? '/' : (after ?? target);
  return path.startsWith('/') && isReadablePath(path) ? path : null;
}

/** The one host that is named; HTTP/1.0 need not name any. */
function hostOf({ headersDistinct, httpVersion }: IncomingMessage): string | null {
  const [host, ...more] = headersDistinct.host ?? [];
  if (host === undefined) return httpVersion === '1.0' ? 'localhost' : null;
  const isOne = more.length === 0 && HOST.test(host) && URL.canParse(`http://${host}`);
  return isOne ? host : null;
}

function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headers)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}

/** Read only as it is pulled. To cancel it does not cut the connection, which the answer needs. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
    },
    { highWaterMark: 0 },
  );
}

function invalid(detail: string): ReadHead {
  return { ok: false, answer: problem('invalid_request', detail) };
}
