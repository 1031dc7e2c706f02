/** How much mail one isolate of 128 MB works on at once. */
import { MAX_CLOUDFLARE_MESSAGE_BYTES } from '@tinyfat/core';
import { type GateOptions, mailLimits } from '@tinyfat/mail/isolate';

/** Times in ms. */
export const GATE: Omit<GateOptions, 'now' | 'sleep'> = {
  /** As much as the largest mail alone. */
  maxBytes: MAX_CLOUDFLARE_MESSAGE_BYTES,
  /** Most of them wait for the DNS. */
  maxCalls: 64,
  /** As long as the calls before it may take. */
  waitMs: mailLimits.inspectMs,
  holdMs: 2 * mailLimits.inspectMs,
};
