/**
 * Signed requests to one bucket (SigV4 by aws4fetch), each bounded in time, and tried again where another try can do no
 * harm. What comes back is an answer below 300, or a status that the caller said it expects.
 */
import { type BackoffPolicy, backoffMs, type Clock, sha256Hex } from '@tinyfat/core';
import { AwsClient } from 'aws4fetch';
import { discard, readAll } from '../bucket/body.ts';
import { StorageError } from '../bucket/errors.ts';
import { refusal, unreachable } from './errors.ts';
import { textOf } from './xml.ts';

/** Keys of S3; with a session token they are temporary. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A bucket and who asks for it. */
export interface S3Account {
  /** Without a slash at its end; the bucket follows as the first part of the path. */
  endpoint: string;
  region: string;
  bucket: string;
  credentials: S3Credentials;
}

/** What requests need of their runtime. */
export interface S3Runtime {
  clock: Clock;
  /** In [0, 1), for the jitter of retries. */
  random(): number;
}

/** One request; `key` is empty for the bucket itself. */
export interface S3Call {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  /** Statuses of 300 and more that are answers and no errors. */
  expects?: readonly number[];
}

/** No try begins later than this after the first one. */
const TRIES_MS = 30_000;
const BACKOFF: BackoffPolicy = { baseMs: 100, capMs: TRIES_MS, maxAttempts: 5 };
/** Until the head of the answer is there, besides the time that the body of the request takes. */
const ANSWER_MS = 15_000;
const SLOWEST_BYTES_A_MS = 100;
const MAX_ERROR_BYTES = 64 * 1024;

/** Sends one call, and again where it is worth it; `tries` says how often it was sent. */
export type Send = (call: S3Call) => Promise<{ response: Response; tries: number }>;

/** Makes the sender of a bucket. Rejections are `StorageError`s. */
export function sender({ endpoint, region, bucket, credentials }: S3Account, runtime: S3Runtime): Send {
  const client = new AwsClient({ ...credentials, service: 's3', region });
  const once = async (call: S3Call): Promise<Response> => {
    const { method, key, body = null } = call;
    const what = `${bucket}/${key}`;
    const url = new URL(`${endpoint}/${bucket}${key === '' ? '' : `/${encodeKey(key)}`}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const headers = { ...call.headers, 'x-amz-content-sha256': await sha256Hex(body ?? new Uint8Array()) };
    const datetime = new Date(runtime.clock()).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const signed = await client.sign(url.href, { method, headers, body, aws: { datetime } });
    const response = await withinTime(signed, ANSWER_MS + (body?.length ?? 0) / SLOWEST_BYTES_A_MS).catch(
      (error) => {
        throw unreachable(method, what, error);
      },
    );
    if (response.status < 300 || call.expects?.includes(response.status)) return response;
    throw refusal(method, what, response.status, await codeOf(response));
  };
  return async (call) => {
    const began = runtime.clock();
    for (let tries = 1; ; tries += 1) {
      try {
        return { response: await once(call), tries };
      } catch (error) {
        const again = error instanceof StorageError && error.transient && tries < BACKOFF.maxAttempts;
        const wait = backoffMs(tries, BACKOFF, runtime.random);
        if (!again || runtime.clock() + wait - began > TRIES_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  };
}

/** The key as it stands in a path or in `x-amz-copy-source`. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

/** The head of the answer within `ms`; its body is bounded where it is read. */
async function withinTime(request: Request, ms: number): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${Math.ceil(ms / 1000)} s`)), ms);
  try {
    return await fetch(request, { signal: late.signal, redirect: 'manual' });
  } finally {
    clearTimeout(timer);
  }
}

/** S3's code in the body of an error; empty where there is none. */
async function codeOf(response: Response): Promise<string> {
  try {
    const bytes = await readAll(response.body, MAX_ERROR_BYTES);
    return bytes === null
      ? ''
      : (textOf(new TextDecoder().decode(bytes), 'Code') ?? '').replace(/\W.*/s, '').slice(0, 60);
  } catch {
    await discard(response.body);
    return '';
  }
}
