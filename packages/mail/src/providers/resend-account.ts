/** One key at Resend: sending and receiving share its rate limit, so they share the bucket that keeps it. */
import type { Clock } from '@tinyfat/core';
import { textField } from './provider-answer.ts';
import { type TokenBucket, tokenBucket } from './token-bucket.ts';

/** Times in ms. */
export interface ResendAccountOptions {
  apiKey: string;
  clock: Clock;
  /** Without a slash at the end. */
  baseUrl?: string;
  /** Longest wait for the next window of the rate limit. */
  maxWaitMs?: number;
  fetch?: typeof fetch;
}

/** An answer of the API. Nothing in it is sure. */
export interface ResendAnswer {
  /** What the server answered with success; else null. */
  data: unknown;
  /** What it answered otherwise (`name`, `statusCode`, `message`), or an error without a `statusCode` for no answer. */
  error: unknown;
  headers: Readonly<Record<string, string>> | null;
}

interface ResendRequest {
  method: 'GET' | 'POST';
  /** Begins with a slash. */
  path: string;
  body?: unknown;
  idempotencyKey?: string;
  timeoutMs: number;
}

export interface ResendAccount {
  apiKey: string;
  clock: Clock;
  baseUrl: string;
  /** To be asked before each request, and told of each answer. */
  bucket: TokenBucket;
  fetch: typeof fetch;
  /** Asks once; the key goes to the base URL and nowhere else. Never rejects. */
  ask(request: ResendRequest): Promise<ResendAnswer>;
}

export function resendAccount({ apiKey, clock, ...options }: ResendAccountOptions): ResendAccount {
  const baseUrl = options.baseUrl ?? 'https://api.resend.com';
  const send = options.fetch ?? fetch;
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  async function ask(request: ResendRequest): Promise<ResendAnswer> {
    const { method, path, body, idempotencyKey, timeoutMs } = request;
    try {
      const response = await send(`${baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'user-agent': 'tinyfat',
          'content-type': 'application/json',
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        // A redirect would take the mail and the key to wherever an answer points.
        redirect: 'manual',
      });
      const headers = Object.fromEntries(response.headers);
      const text = await response.text();
      if (response.ok) return { data: JSON.parse(text), error: null, headers };
      return { data: null, error: errorOf(text, response.status), headers };
    } catch (error) {
      return { data: null, error: { message: textField(error, 'message') }, headers: null };
    }
  }

  return {
    apiKey,
    clock,
    baseUrl,
    bucket: tokenBucket({ clock, sleep, maxWaitMs: options.maxWaitMs ?? 5000 }),
    fetch: send,
    ask,
  };
}

function errorOf(text: string, statusCode: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { name: 'application_error', statusCode, message: 'The answer is no JSON.' };
  }
}
