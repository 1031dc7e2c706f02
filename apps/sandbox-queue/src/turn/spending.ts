/**
 * The money of one run (invariant 10). Before the sandbox starts, the worst that a first request usually costs is set
 * aside; the gateway then reserves what each request may cost before it goes on, and settles what it did cost. All of it
 * is of the month in which the run started.
 */
import {
  answerCeiling,
  type Cap,
  capSentence,
  capState,
  formatUsd,
  monthOf,
  type RunSpending,
  usdOf,
  worstCase,
} from '@tinyfat/core';
import { capsOf, noteSpending, type Reserving, type Run, reserve } from '@tinyfat/database';
import type { NamedModel } from '@tinyfat/settings';
import type { ConsumerDeps, Work } from '../consumer.ts';

type Deps = Pick<ConsumerDeps, 'db' | 'logger' | 'models' | 'ownerBudgetMicroUsd'>;

/** The money of a run that may start, or why it may not: a sentence for the person who wrote. */
type OpenedSpending = { ok: true; spending: OpenSpending } | { ok: false; detail: string };

/** What the runner is given, and what the consumer asks of it before and after the turn. */
export interface OpenSpending extends RunSpending {
  /** The longest answer that the turn should ask for, tokens; null where nothing caps it. */
  maxTokens: number | null;
  /** Which cap refused a request of the run at last, in words; null when none did. */
  refusal(): string | null;
  /** Says in the log when a cap went over four fifths, or to its end, with this run. */
  warn(): Promise<void>;
}

/** Of a request that begins a turn: enough for most. More is asked for where it is needed. */
const FIRST_REQUEST = { inputTokens: 50_000, maxTokens: 64_000, hourCache: false };

/** Opens the money of a run's next attempt. `model` is null for the demo model, which costs nothing. */
export async function openSpending(
  deps: Deps,
  { agent }: Pick<Work, 'agent'>,
  { run, model }: { run: Run; model: NamedModel | null },
): Promise<OpenedSpending> {
  const month = monthOf(run.started_at);
  const ownerDefault = deps.ownerBudgetMicroUsd;
  const who: Reserving = { run, agent, month, ownerDefault };
  const before = model === null ? [] : await capsOf(deps.db, agent, month, ownerDefault);
  let refused: Cap | null = null;

  let reserved = 0;
  let maxTokens: number | null = null;
  if (model !== null && before.length > 0) {
    maxTokens = answerCeiling(model.cost, Math.min(...before.map((cap) => cap.monthly - cap.spent)));
    const first = worstCase(model.cost, FIRST_REQUEST);
    const grant = await reserve(deps.db, who, { more: first, whole: first, partly: true });
    // An attempt that comes after others may need no model any more, only its answer sent.
    if (!grant.ok && run.attempt === 1) return { ok: false, detail: capSentence(grant.cap) };
    if (grant.ok) reserved = grant.microUsd;
  }

  const spending: OpenSpending = {
    models: deps.models,
    reserved: before.length === 0 ? null : reserved,
    maxTokens,
    refusal: () => refused && capSentence(refused),
    async reserve(more, whole) {
      const grant = await reserve(deps.db, who, { more, whole, partly: false });
      refused = grant.ok ? null : grant.cap;
      return grant;
    },
    async settle({ used, reserved }) {
      try {
        await noteSpending(deps.db, run, { used: { ...used, costUsd: usdOf(used.microUsd) }, reserved });
      } catch (error) {
        deps.logger.error('spending_not_noted', { run: run.id, error: String(error) });
        throw error;
      }
    },
    async warn() {
      if (before.length === 0) return;
      for (const cap of await capsOf(deps.db, agent, month, ownerDefault)) {
        const was = before.find(({ scope }) => scope === cap.scope);
        const state = capState(cap);
        if (state === 'ok' || (was && capState(was) === state)) continue;
        deps.logger.warn('budget_low', {
          agent: agent.name,
          scope: cap.scope,
          state,
          spent: formatUsd(cap.spent),
          monthly: formatUsd(cap.monthly),
        });
      }
    },
  };
  return { ok: true, spending };
}
