/** The waits between attempts and the limits of a turn: by the settings, or fixed here. The same wherever a consumer runs. */
import { DEFAULT_MODEL } from '@tinyfat/core';
import { QUEUE_TIMES } from '@tinyfat/jobs';
import type { CommonSettings } from '@tinyfat/settings';
import type { ConsumerDeps } from './consumer.ts';

type Settings = Pick<
  CommonSettings,
  'mailDomain' | 'ownerBudgetMicroUsd' | 'retryBaseMs' | 'turnTimeoutMs' | 'folderQuotaBytes'
>;

type Policy = Pick<
  ConsumerDeps,
  | 'leaseMs'
  | 'mailDomain'
  | 'ownerBudgetMicroUsd'
  | 'defaultModel'
  | 'jobBackoff'
  | 'deliveryBackoff'
  | 'limits'
  | 'folderQuotaBytes'
>;

/** What the settings say for a consumer. */
export function consumerPolicy({
  mailDomain,
  ownerBudgetMicroUsd,
  retryBaseMs: baseMs,
  turnTimeoutMs,
  folderQuotaBytes,
}: Settings): Policy {
  return {
    leaseMs: QUEUE_TIMES.leaseMs,
    mailDomain,
    ownerBudgetMicroUsd,
    defaultModel: DEFAULT_MODEL,
    jobBackoff: { baseMs, capMs: 10 * 60_000, maxAttempts: QUEUE_TIMES.maxAttempts },
    deliveryBackoff: { baseMs, capMs: 60 * 60_000, maxAttempts: 30 },
    limits: {
      deadline_ms: turnTimeoutMs,
      stall_ms: Math.min(120_000, Math.ceil(turnTimeoutMs / 2)),
      retry_base_ms: Math.min(2000, baseMs),
      llm_retries: 3,
      event_output_chars: 4000,
    },
    folderQuotaBytes,
  };
}
