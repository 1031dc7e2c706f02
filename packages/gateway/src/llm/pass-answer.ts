import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import { type HeaderFields, llmResponseHeaders } from '../headers.ts';
import { createKeyHider, withoutKey } from './hide-key.ts';

/**
 * Passes an answer of the LLM to the sandbox, each chunk as it comes: without the key, and read by `onChunk` on
 * the way. When either side breaks off, the other one does too, so a cut answer is never taken for a whole one.
 */
export function passAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  apiKey: string,
  onChunk: (chunk: Uint8Array) => void,
  onEnd: (whole: boolean) => void,
): void {
  response.writeHead(answer.statusCode ?? 502, hideKeyInHeaders(llmResponseHeaders(answer.headers), apiKey));
  response.flushHeaders();
  const hider = createKeyHider(apiKey);
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onChunk(chunk);
      done(null, hider.push(chunk));
    },
    flush(done) {
      done(null, hider.end());
    },
  });
  pipeline(answer, tap, response, (error) => onEnd(!error));
}

function hideKeyInHeaders(headers: HeaderFields, apiKey: string): HeaderFields {
  const clean: HeaderFields = {};
  for (const [name, value] of Object.entries(headers)) {
    clean[name] = Array.isArray(value)
      ? value.map((one) => withoutKey(one, apiKey))
      : withoutKey(value, apiKey);
  }
  return clean;
}
