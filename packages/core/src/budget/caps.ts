/** The caps of a month, what is left of them, and what a run gets of that. Amounts are micro-dollars. */
import { formatUsd } from './money.ts';

/** A calendar month in UTC, from `from` up to but without `until`; epoch ms. Budgets begin anew with each. */
export interface Month {
  from: number;
  until: number;
}

/** The month of a moment (epoch ms). */
export function monthOf(at: number): Month {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month, 1), until: Date.UTC(year, month + 1, 1) };
}

/** Whose money: one agent's, or that of all agents of one owner together. */
export type BudgetScope = 'agent' | 'owner';

/** A cap on one month. */
export interface Cap {
  scope: BudgetScope;
  monthly: number;
  /** What runs of the month have cost. */
  spent: number;
  /** What is set aside for requests under way. */
  reserved: number;
}

/** How far a cap is used up; `low` from four fifths on. */
type CapState = 'ok' | 'low' | 'exhausted';

/** What was set aside for a run. A refusal with `held` may pass: only what others hold is in the way. */
export type Grant = { ok: true; microUsd: number } | { ok: false; cap: Cap; held: boolean };

const LOW = 0.8;

/** The state of a cap by what is spent. */
export function capState({ monthly, spent }: Pick<Cap, 'monthly' | 'spent'>): CapState {
  if (spent >= monthly) return 'exhausted';
  return spent >= monthly * LOW ? 'low' : 'ok';
}

/** What is asked for: `more` than the asker holds already, so that it has `whole`. */
export interface Wanted {
  more: number;
  whole: number;
  /** Takes what there is where it is less, even nothing, unless a cap is used up: so asks a turn that begins. */
  partly: boolean;
}

/** Sets an amount aside under all caps. */
export function grantFrom(caps: readonly Cap[], { more, whole, partly }: Wanted): Grant {
  let granted = more;
  for (const cap of caps) {
    const unspent = cap.monthly - cap.spent;
    // What is under way counts with more than it will have cost, so while there is something, it may still fit.
    const others = cap.reserved - (whole - more);
    const fits = partly ? unspent > 0 || others > 0 : unspent > 0 && whole <= unspent;
    if (!fits) return { ok: false, cap, held: others > 0 && whole <= cap.monthly };
    granted = Math.min(granted, Math.max(0, unspent - cap.reserved));
  }
  if (partly || granted === more) return { ok: true, microUsd: granted };
  const cap = caps.find((one) => more > one.monthly - one.spent - one.reserved);
  if (cap === undefined) throw new Error('a grant was cut by no cap');
  return { ok: false, cap, held: true };
}

/** Which cap stops a run, as a sentence for the person who wrote. */
export function capSentence(cap: Cap): string {
  const whose = cap.scope === 'agent' ? 'of this agent' : 'that all agents of this owner share';
  const left = formatUsd(Math.max(0, cap.monthly - cap.spent));
  return `The budget ${whose} is ${formatUsd(cap.monthly)} a month, and ${left} of it is left.`;
}
