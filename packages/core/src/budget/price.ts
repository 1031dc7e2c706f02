/** What a request to a model costs, and what it may cost at most. All results are whole micro-dollars, rounded up. */
import type { TokenUsage } from '../ports/recorder.ts';

/** USD per million tokens, which is micro-dollars per token. */
interface TokenRates {
  input: number;
  output: number;
  cacheRead: number;
  /** Of a cache entry that lives for five minutes. */
  cacheWrite: number;
}

/** What a model costs. A request whose whole input is longer than a tier's mark costs the rates of the highest such tier. */
export interface ModelPrice extends TokenRates {
  tiers?: readonly (TokenRates & { inputTokensAbove: number })[];
}

/** A model with its price and the longest input that it takes, tokens. */
export interface PricedModel {
  id: string;
  contextWindow: number;
  cost: ModelPrice;
}

/** What the provider reported for one answer. */
export interface AnswerUsage extends TokenUsage {
  /** Those of `cacheWrite` that went into entries that live for an hour. */
  cacheWriteHour: number;
}

/** What can be said of a request before it is answered. */
export interface RequestBounds {
  /** No more input than this is charged, tokens. */
  inputTokens: number;
  /** No more output than this is charged, tokens. */
  maxTokens: number;
  /** It asks for cache entries that live for an hour. */
  hourCache: boolean;
}

/** An answer that broke off is taken to have had this many tokens a second: no model writes faster for long. */
const TOKENS_PER_SECOND = 200;
/** And one token for this many bytes of the answer, which frame each piece of text with about a hundred. */
const BYTES_PER_TOKEN = 4;

/** An hour's cache entry costs twice the input (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching). */
function hourWrite(rates: TokenRates): number {
  return Math.max(rates.cacheWrite, 2 * rates.input);
}

/** The rates that a request with so much input may have: those of each tier that it can reach, from the lowest. */
function reachable(price: ModelPrice, inputTokens: number): TokenRates[] {
  const tiers = (price.tiers ?? []).filter(({ inputTokensAbove }) => inputTokens > inputTokensAbove);
  return [price, ...tiers.toSorted((a, b) => a.inputTokensAbove - b.inputTokensAbove)];
}

function dearest(all: readonly TokenRates[]): TokenRates {
  const most = (rate: keyof TokenRates) => Math.max(0, ...all.map((rates) => rates[rate]));
  return {
    input: most('input'),
    output: most('output'),
    cacheRead: most('cacheRead'),
    cacheWrite: most('cacheWrite'),
  };
}

function rounded(microUsd: number): number {
  // What is a whole number but for the last bits of a float stays that number.
  return Math.ceil(Number(microUsd.toFixed(6)));
}

/** What an answer cost. */
export function costOf(price: ModelPrice, usage: AnswerUsage): number {
  const hour = Math.min(usage.cacheWrite, usage.cacheWriteHour);
  const rates = reachable(price, usage.input + usage.cacheRead + usage.cacheWrite).at(-1) ?? price;
  return rounded(
    usage.input * rates.input +
      usage.output * rates.output +
      usage.cacheRead * rates.cacheRead +
      (usage.cacheWrite - hour) * rates.cacheWrite +
      hour * hourWrite(rates),
  );
}

/** What the input of a request costs at most: every token at the dearest rate that it may have. */
export function worstInput(price: ModelPrice, bounds: RequestBounds): number {
  const rates = dearest(reachable(price, bounds.inputTokens));
  const rate = Math.max(rates.input, rates.cacheRead, bounds.hourCache ? hourWrite(rates) : rates.cacheWrite);
  return rounded(bounds.inputTokens * rate);
}

/** What a request costs at most: the worst input, and an answer as long as it may get. */
export function worstCase(price: ModelPrice, bounds: RequestBounds): number {
  return (
    worstInput(price, bounds) +
    rounded(bounds.maxTokens * dearest(reachable(price, bounds.inputTokens)).output)
  );
}

/** The longest answer that a request could ask for within an amount; 0 where its input alone is too dear. */
export function affordableTokens(price: ModelPrice, bounds: RequestBounds, microUsd: number): number {
  const left = microUsd - worstInput(price, bounds);
  const { output } = dearest(reachable(price, bounds.inputTokens));
  if (left <= 0 || output <= 0) return 0;
  return Math.min(bounds.maxTokens, Math.floor(left / output));
}

/** An answer of this length is always asked for, however little is left, tokens. */
const SHORTEST_CEILING = 4_096;

/**
 * The longest answer that a turn asks for with so much left, tokens: it may cost a quarter. Models may write answers
 * that cost dollars, and the worst case of each is set aside; the last dollars of a budget would be of no use.
 */
export function answerCeiling(price: ModelPrice, left: number): number {
  const { output } = dearest(reachable(price, Number.POSITIVE_INFINITY));
  if (output <= 0) return Number.MAX_SAFE_INTEGER;
  return Math.max(SHORTEST_CEILING, Math.floor(left / 4 / output));
}

/** Output tokens of an answer that broke off: the provider charges for them, but reports them only at the end. */
export function brokenOffTokens(answer: { bytes: number; milliseconds: number; maxTokens: number }): number {
  const byTime = (Math.max(0, answer.milliseconds) / 1000) * TOKENS_PER_SECOND;
  return Math.min(answer.maxTokens, Math.ceil(Math.max(byTime, answer.bytes / BYTES_PER_TOKEN)));
}

/** As dear as the dearest of all models in every respect, for a request whose model is not known. */
export function dearestPrice(models: readonly PricedModel[]): ModelPrice {
  return dearest(models.flatMap(({ cost }) => reachable(cost, Number.POSITIVE_INFINITY)));
}
