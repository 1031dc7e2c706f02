/** The calendar month, in UTC, that a moment belongs to. Budgets begin anew with each. */

/** From `from` up to, but without, `until`; epoch ms. */
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
