import {
  agentName,
  canonicalAddress,
  firstFiles,
  parseAllowEntry,
  resolveModel,
  storedOutbound,
} from '@tinyfat/core';
import {
  type Agent,
  agentTotals,
  allowedSenders,
  countPaused,
  countQuarantine,
  deliveryCounts,
  hasRunningJob,
  insertAgent,
  markAgentDeleted,
  type Sight,
  totalsOfAgents,
  visibleAgents,
} from '@tinyfat/database';
import { type Outcome, type Refusal, refuse } from '../answer.ts';
import { pageFrom } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint, endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import { chosenOwner, listedOwner } from '../owner.ts';
import type { Principal } from '../principal.ts';
import * as routes from '../routes/agents.ts';
import { readAgentConfig } from './agent-config.ts';
import { settingsInForce } from './agent-settings.ts';
import { changeAgent } from './change-agent.ts';

const NOTHING = { turns: 0, tokens: 0, costUsd: 0 };

export const agentEndpoints = [
  endpoint(routes.listAgents, async ({ deps, principal, query }) => {
    const of = listedOwner(principal, query.owner);
    if (!of.ok) return of;
    const sight: Sight = of.owner === null ? 'all' : { owner: of.owner };
    return await pageFrom(
      query,
      async (page) => {
        const agents = await visibleAgents(deps.db, sight, page);
        const totals = await totalsOfAgents(
          deps.db,
          agents.map(({ id }) => id),
        );
        return agents.map((agent) => ({ agent, totals: totals.get(agent.id) ?? NOTHING }));
      },
      ({ agent: { created_at, id } }) => ({ at: created_at, id }),
      ({ agent, totals }) => facts(deps, agent, totals),
    );
  }),

  endpoint(routes.createAgent, async ({ deps, principal, body }) => {
    const ready = await checkNewAgent(deps, principal, body);
    if (!ready.ok) return ready;
    const { name, owner, entries, warnings } = ready;
    const id = deps.makeId();
    const address = `${name}@${deps.mailDomain}`;
    // The folder first: an agent that can be written to always has one.
    await deps.folders.create(id, firstFiles({ name, address, owner, model: body.model }));
    const agent = { id, name, owner, egress: 'public', display_name: '', created_at: deps.clock() };
    if (!(await insertAgent(deps.db, agent, entries))) {
      await deps.folders.remove(id);
      return refuse('agent_name_taken', `Asked for: ${name}.`);
    }
    const folder = { folder_bytes: null, folder_measured_at: null, folder_notice_at: null };
    const unset = { ...folder, outbound: 'known', paused_at: null, deleted_at: null };
    return await shown(deps, { ...agent, ...unset }, warnings);
  }),

  agentEndpoint(routes.getAgent, async ({ agent, deps }) => {
    return await shown(deps, agent);
  }),

  endpoint(routes.changeAgent, async ({ deps, principal, see, params, body }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const changed = await changeAgent(deps, principal, found.row, body);
    if (!changed.ok) return changed;
    const after = await see.agent(params.agent);
    return after.ok ? await shown(deps, after.row, changed.warnings) : after;
  }),

  agentEndpoint(routes.getAgentSettings, async ({ agent, deps, principal }) => {
    return { ok: true, body: await settingsInForce(deps, principal, agent) };
  }),

  agentEndpoint(routes.deleteAgent, async ({ agent, deps }) => {
    await markAgentDeleted(deps.db, agent.id, deps.clock());
    // What waited for it while it was paused is due now, to be ended.
    if (agent.paused_at !== null) deps.wakeUp.wake('jobs');
    return { ok: true, body: null };
  }),
];

type NewAgent = { ok: true; name: string; owner: string; entries: string[]; warnings: string[] } | Refusal;

async function checkNewAgent(
  deps: ApiDeps,
  principal: Principal,
  wanted: { name: string; owner?: string; allow?: string[]; model?: string },
): Promise<NewAgent> {
  if (!principal.isAdmin && !(await deps.mayCreateAgents(principal))) {
    return refuse('not_permitted', 'Agents are made by the operators here.');
  }
  const name = agentName(wanted.name);
  if (!name.ok) return refuse('invalid_request', `"name": ${name.reason}`);
  const owner = chosenOwner(principal, wanted.owner);
  if (!owner.ok) return owner;
  if (!canonicalAddress(`${name.name}@${deps.mailDomain}`).ok) {
    return refuse('invalid_request', '"name" is too long for an address at this domain.');
  }
  const entries: string[] = [];
  const warnings: string[] = [];
  for (const text of wanted.allow ?? []) {
    const parsed = parseAllowEntry(text);
    if (!parsed.ok) return refuse('invalid_request', `"allow": ${text}: ${parsed.reason}`);
    if (parsed.warning) warnings.push(parsed.warning);
    entries.push(parsed.entry.text);
  }
  if (wanted.model !== undefined) {
    const model = resolveModel(wanted.model, deps.models);
    if (!model.ok) return refuse('invalid_request', `"model": ${model.reason}`);
  }
  return { ok: true, name: name.name, owner: owner.owner, entries, warnings };
}

function facts(deps: ApiDeps, agent: Agent, totals: { turns: number; tokens: number; costUsd: number }) {
  return {
    id: agent.id,
    name: agent.name,
    address: `${agent.name}@${deps.mailDomain}`,
    owner: agent.owner,
    created_at: isoTime(agent.created_at),
    turns: totals.turns,
    tokens: totals.tokens,
    cost_usd: totals.costUsd,
    paused_at: isoTimeOrNull(agent.paused_at),
  };
}

async function shown(deps: ApiDeps, agent: Agent, more: string[] = []) {
  const { db } = deps;
  const { config, warnings } = await readAgentConfig(deps, agent.id);
  return {
    ok: true,
    body: {
      ...facts(deps, agent, await agentTotals(db, agent.id)),
      model: config.model,
      session_scope: config.sessionScope,
      display_name: agent.display_name || null,
      egress: agent.egress,
      outbound: storedOutbound(agent.outbound),
      mails_paused: agent.paused_at === null ? 0 : await countPaused(db, agent.id),
      allowed_senders: await allowedSenders(db, agent.id),
      mails_waiting: await countQuarantine(db, agent.id),
      outbox: await deliveryCounts(db, agent.id),
      turn_running: await hasRunningJob(db, agent.id),
      folder: {
        bytes: agent.folder_bytes,
        measured_at: isoTimeOrNull(agent.folder_measured_at),
        quota_bytes: deps.folderQuotaBytes,
      },
      warnings: [...more, ...warnings],
    },
  } satisfies Outcome<unknown>;
}
