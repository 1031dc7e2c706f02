/** Numbers for people. What is not known is said so, and is never 0. */

const UNKNOWN = 'unknown';

/** US dollars to the cent; below ten cents three digits: `$12.50`, `$0.0123`, `$0.00`; `unknown` for null. */
export function moneyText(usd: number | null): string {
  if (usd === null) return UNKNOWN;
  const size = Math.abs(usd);
  if (usd === 0 || size >= 0.1) return sign(usd, `$${size.toFixed(2)}`);
  // A micro-dollar is the smallest amount that is counted.
  const decimals = Math.min(6, 2 - Math.floor(Math.log10(size)));
  return sign(usd, `$${size.toFixed(decimals)}`);
}

/** A whole number in groups: `12,345`; `unknown` for null. */
export function countText(count: number | null): string {
  return count === null ? UNKNOWN : count.toLocaleString('en');
}

/** Tokens: `812`, `5.0k`, `1.25M`; `unknown` for null. */
export function tokensText(tokens: number | null): string {
  if (tokens === null) return UNKNOWN;
  if (tokens < 1000) return String(tokens);
  if (tokens < 999_500) return `${(tokens / 1000).toFixed(tokens < 99_500 ? 1 : 0)}k`;
  return `${(tokens / 1_000_000).toFixed(2)}M`;
}

/** Bytes: `812 B`, `5.0 kB`, `12 MB`; `unknown` for null. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 999_500 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${size.toFixed(size < 9.95 ? 1 : 0)} ${unit}`;
}

/** `1 mail`, `2 mails`; a count that stopped at a bound is `100+ mails`. */
export function counted(count: number, word: string, bound = Number.POSITIVE_INFINITY): string {
  if (count >= bound) return `${countText(bound)}+ ${word}s`;
  return `${countText(count)} ${word}${count === 1 ? '' : 's'}`;
}

function sign(usd: number, text: string): string {
  return usd < 0 ? `−${text}` : text;
}
