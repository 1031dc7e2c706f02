/** Answers to requests that Node can't parse. Node's own answers have none of our headers, and no code. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from '../http/problem.ts';
import { methodNotAllowed } from '../http/request-shape.ts';

/** Ms until the connection is closed after its answer: closed at once, the answer could be lost. */
const LINGER_MS = 1000;

/** The answer to a request that could not be parsed; null where the client has hung up. */
export function parseProblem(code: string | undefined): Response | null {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return null;
    case 'HPE_INVALID_METHOD':
      return methodNotAllowed();
    case 'HPE_HEADER_OVERFLOW':
      return problem('headers_too_large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problem('body_too_large', 'The extensions of its chunks are too long.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request_incomplete');
    default:
      return problem('invalid_request', 'It is not HTTP/1.1 as RFC 9112 has it.');
  }
}

/** Writes an answer on the bare connection, and closes it. */
export async function answerRaw(socket: Duplex, answer: Response): Promise<void> {
  const body = await answer.text();
  if (!socket.writable) return void socket.destroy();
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
    ...[...answer.headers].map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
