/** One key at Resend: sending and receiving share its rate limit, so they share what keeps it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@tinyfat/core';
import type { Resend } from 'resend';
import { type RateGate, rateGate } from './token-bucket.ts';

/** Times in ms. */
export interface ResendAccountOptions {
  apiKey: string;
  clock: Clock;
  /** Without a slash at the end. */
  baseUrl?: string;
  /** Longest wait for the next window of the rate limit. */
  maxWaitMs?: number;
}

export interface ResendAccount {
  apiKey: string;
  clock: Clock;
  baseUrl: string;
  /** Loads the library at the first call, and again after that failed. */
  connect(): Promise<{ client: Resend; gate: RateGate }>;
}

/** The key goes to the base URL and nowhere else. */
export function resendAccount({ apiKey, clock, ...options }: ResendAccountOptions): ResendAccount {
  const baseUrl = options.baseUrl ?? 'https://api.resend.com';
  const gate = rateGate({ clock, sleep, maxWaitMs: options.maxWaitMs ?? 5000 });
  let connected: Promise<{ client: Resend; gate: RateGate }> | null = null;
  return {
    apiKey,
    clock,
    baseUrl,
    connect() {
      connected ??= open(apiKey, baseUrl, gate).catch((error) => {
        connected = null;
        throw error;
      });
      return connected;
    },
  };
}

async function open(apiKey: string, baseUrl: string, gate: RateGate) {
  const { Resend } = await import('resend');
  const client = new Resend(apiKey, { baseUrl, userAgent: 'tinyfat' });
  // It would print errors on stderr where the environment says RESEND_DEBUG.
  Object.defineProperty(client, 'debug', { value: false });
  return { client, gate };
}
