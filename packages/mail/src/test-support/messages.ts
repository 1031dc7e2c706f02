/** Client connections that tests inspect mail from. */
import type { ClientConnection } from '@tinyfat/core';

export const trustedClient: ClientConnection = { address: '127.0.0.1', helo: 'localhost', trusted: true };
export const strangeClient: ClientConnection = {
  address: '192.0.2.1',
  helo: 'mx.example.com',
  trusted: false,
};

/** A message from header lines and a body, with CRLF. */
export function message(headers: string[], body = 'hello'): Buffer {
  return Buffer.from(`${[...headers, '', body].join('\r\n')}\r\n`);
}
