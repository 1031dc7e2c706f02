/** What is in force for an agent and where it comes from, and what a turn of it costs at each model. */
import { DEFAULT_MODEL, isSetInConfig, resolveModel, storedOutbound } from '@tinyfat/core';
import { type Agent, lastTurnCosts } from '@tinyfat/database';
import type * as v from 'valibot';
import type { ApiDeps } from '../deps.ts';
import type { Principal } from '../principal.ts';
import type { agentSettings } from '../routes/agents.ts';
import { configTag, readAgentConfig } from './agent-config.ts';

type Settings = v.InferOutput<typeof agentSettings>;

/** Models whose costs are looked at; the gateway knows fewer. */
const MOST_MODELS = 100;

/** The settings of an agent, as its next turn will have them. */
export async function settingsInForce(
  deps: Pick<ApiDeps, 'db' | 'folders' | 'models'>,
  principal: Principal,
  agent: Agent,
): Promise<Settings> {
  const { config, text, warnings } = await readAgentConfig(deps, agent.id);
  const models = deps.models.slice(0, MOST_MODELS);
  const ids = models.map(({ id }) => id);
  const costs = await lastTurnCosts(deps.db, agent.id, ids);
  return {
    model: modelInForce(deps, config.model, warnings),
    models: models.map(({ id, name }) => ({ id, name, ...costOf(costs.get(id) ?? []) })),
    session_scope: {
      in_force: config.sessionScope,
      from: isSetInConfig(text, 'session_scope') ? 'config.json' : 'server',
    },
    display_name: {
      in_force: agent.display_name || agent.name,
      from: agent.display_name === '' ? 'server' : 'agent',
    },
    egress: { in_force: agent.egress, from: agent.egress === 'public' ? 'server' : 'agent' },
    outbound: {
      in_force: storedOutbound(agent.outbound),
      from: agent.outbound === 'known' ? 'server' : 'agent',
    },
    may_set_anyone: principal.isAdmin,
    config_etag: await configTag(text),
    warnings,
  };
}

/** A name that no longer exists falls back to the default, as in a turn. */
function modelInForce(
  { models }: Pick<ApiDeps, 'models'>,
  named: string | null,
  warnings: string[],
): Settings['model'] {
  const standard = resolveModel(DEFAULT_MODEL, models);
  const fallback = standard.ok ? standard.model.id : DEFAULT_MODEL;
  if (named === null) return { named, in_force: fallback, from: 'server' };
  const chosen = resolveModel(named, models);
  if (chosen.ok) return { named, in_force: chosen.model.id, from: 'config.json' };
  warnings.push(`config.json: ${chosen.reason} ${fallback} is used.`);
  return { named, in_force: fallback, from: 'server' };
}

/** Null where there was no turn: what it costs is not known then. */
function costOf(
  costs: readonly number[],
): Pick<Settings['models'][number], 'turns' | 'median_usd' | 'mean_usd'> {
  const turns = costs.length;
  if (turns === 0) return { turns, median_usd: null, mean_usd: null };
  const sorted = costs.toSorted((one, other) => one - other);
  const low = sorted[Math.floor((turns - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(turns / 2)] ?? 0;
  const sum = costs.reduce((total, cost) => total + cost, 0);
  return { turns, median_usd: rounded((low + high) / 2), mean_usd: rounded(sum / turns) };
}

/** To a millionth of a dollar, as costs are counted. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
