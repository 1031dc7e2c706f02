/** Which model a person means: an alias names the newest of its family, anything else must be a full id. */
import { didYouMean } from '../text/did-you-mean.ts';

/** What the rules need to know about a model. */
export interface ModelName {
  id: string;
  name: string;
}

/** The families that have an alias. */
export const MODEL_ALIASES = ['haiku', 'sonnet', 'opus'] as const;

/** The model of agents that name none. */
export const DEFAULT_MODEL = 'haiku';

/** The model meant; or the name that is near, if there is one, and a sentence with the names that would do. */
type ResolvedModel<Model extends ModelName> =
  | { ok: true; model: Model }
  | { ok: false; meant: string | null; reason: string };

interface Version {
  /** Major and minor. */
  numbers: number[];
  /** YYYYMMDD of a pinned snapshot; infinite for an id without a date, which stays the newest one. */
  date: number;
}

const MAX_NAMES_SHOWN = 40;

/**
 * Finds a model by alias (`haiku`) or full id, any case, among those that there are. An alias is the highest
 * version of its family; of one version the id without a date, else the latest date. Previews and other
 * variants (an id with further words) are meant only by their full id.
 */
export function resolveModel<Model extends ModelName>(
  wanted: string,
  models: readonly Model[],
): ResolvedModel<Model> {
  const text = wanted.trim().toLowerCase();
  const exact = models.find(({ id }) => id.toLowerCase() === text);
  if (exact !== undefined) return { ok: true, model: exact };
  const alias = MODEL_ALIASES.find((name) => name === text);
  const newest = alias === undefined ? undefined : newestOfFamily(alias, models);
  if (newest !== undefined) return { ok: true, model: newest };
  const names = [...availableAliases(models), ...models.map(({ id }) => id)];
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ');
  const more = names.length > MAX_NAMES_SHOWN ? `, and ${names.length - MAX_NAMES_SHOWN} more` : '';
  const meant = didYouMean(text, names);
  const near = meant === null ? '' : ` Did you mean ${meant}?`;
  return { ok: false, meant, reason: `There is no model of that name.${near} There are: ${shown}${more}.` };
}

/** The newest model of a family by its id; undefined when there is none. */
export function newestOfFamily<Model extends ModelName>(
  family: string,
  models: readonly Model[],
): Model | undefined {
  let best: { model: Model; version: Version } | undefined;
  for (const model of models) {
    const version = versionOf(model.id, family);
    if (version === null) continue;
    if (best === undefined || compare(version, best.version) > 0) best = { model, version };
  }
  return best?.model;
}

function availableAliases(models: readonly ModelName[]): string[] {
  return MODEL_ALIASES.filter((alias) => newestOfFamily(alias, models) !== undefined);
}

/** Reads ids such as `claude-haiku-4-5`, `claude-haiku-4-5-20251001`, `claude-3-5-haiku-latest`. */
function versionOf(id: string, family: string): Version | null {
  const words = id.toLowerCase().split('-');
  if (words.shift() !== 'claude' || !words.includes(family)) return null;
  const version: Version = { numbers: [], date: Number.POSITIVE_INFINITY };
  for (const word of words) {
    if (/^\d{1,2}$/.test(word)) version.numbers.push(Number(word));
    else if (/^\d{8}$/.test(word)) version.date = Number(word);
    else if (word !== family && word !== 'latest') return null;
  }
  return version;
}

function compare(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i += 1) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.date === b.date ? 0 : a.date - b.date;
}
