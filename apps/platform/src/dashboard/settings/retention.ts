/** How long what is stored stays, and for admins what a run would remove. */
import { RETENTION_KINDS, RETENTION_RULES } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import {
  getRetention,
  previewRetention,
  type retentionCount,
  runRetention,
} from '../../api/routes/retention.ts';

type Count = v.InferOutput<typeof retentionCount>;

export const DONE = { ran: 'What its time was over for is removed.' };

export interface RetentionPage {
  ok: true;
  rows: {
    kind: string;
    what: string;
    stays: string;
    variable: string;
    /** It is as without the variable. */
    isDefault: boolean;
    count: Count | null;
  }[];
  /** Whether the counts are of what a run would remove now; else of the last run. */
  preview: boolean;
  lastRunAt: string | null;
  removed: number;
}

/** The page; with `look` an admin sees what a run would remove now. */
export async function retentionPage(ask: Ask, look: boolean): Promise<RetentionPage | Refusal> {
  const settings = await ask(getRetention);
  if (!settings.ok) return settings;
  const preview = look ? await ask(previewRetention) : null;
  if (preview !== null && !preview.ok) return preview;
  const { kinds, last_run: last } = settings.body;
  const counts = preview?.body.counts ?? last?.counts ?? [];
  return {
    ok: true,
    rows: kinds.map(({ kind, what, variable, days }) => ({
      kind,
      what,
      variable,
      isDefault: RETENTION_KINDS.some((one) => one === kind && RETENTION_RULES[one].days === days),
      stays: days === null ? 'for ever' : days === 1 ? '1 day' : `${days} days`,
      count: counts.find((count) => count.kind === kind) ?? null,
    })),
    preview: preview !== null,
    lastRunAt: last?.finished_at ?? null,
    removed: counts.reduce((sum, count) => sum + count.removed, 0),
  };
}

/** Removes now what its time is over for. */
export async function removeNow(ask: Ask): Promise<{ ok: true } | Refusal> {
  const ran = await ask(runRetention);
  return ran.ok ? { ok: true } : ran;
}
