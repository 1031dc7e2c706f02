import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import type { FaultBarrier } from '@tinyfat/core';
import { passHead } from '../answer-head.ts';
import { type HeaderFields, llmResponseHeaders } from '../headers.ts';
import { chunkSizes, STREAM_BYTES } from '../small-chunks.ts';
import { createKeyHider, withoutKey } from './hide-key.ts';

/** Who takes part in an answer on its way. */
export interface AnswerParts {
  apiKey: string;
  /** Gets each chunk as it came. */
  onChunk: (chunk: Uint8Array) => void;
  /** Called once, where the answer was begun; `whole` when it came to its end. */
  onEnd: (whole: boolean) => void;
  guard: FaultBarrier;
}

/**
 * Passes an answer of the LLM to the sandbox, each chunk as it comes: without the key, and read by `onChunk` on
 * the way. When either side breaks off, the other one does too, so a cut answer is never taken for a whole one. False,
 * with nothing sent, where its head can not be passed on.
 */
export function passAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  { apiKey, onChunk, onEnd, guard }: AnswerParts,
): boolean {
  const headers = hideKeyInHeaders(llmResponseHeaders(answer.headers), apiKey);
  if (!passHead(response, answer.statusCode, headers)) return false;
  const hider = createKeyHider(apiKey);
  const isEnough = chunkSizes();
  const tap = new Transform({
    highWaterMark: STREAM_BYTES,
    transform: guard((chunk: Buffer, _encoding: string, done: TransformCallback) => {
      if (!isEnough(chunk.length)) return done(new Error('the answer comes in too many small chunks'));
      onChunk(chunk);
      done(null, hider.push(chunk));
    }),
    flush: guard((done: TransformCallback) => done(null, hider.end())),
  });
  pipeline(answer, tap, response, (error) => onEnd(!error));
  return true;
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
