/** What may be changed of an agent: everything is checked first, then written. */
import {
  canonicalAddress,
  egressText,
  matchAllowList,
  type OutboundPolicy,
  parseDisplayName,
  parseEgress,
  resolveModel,
  type SessionScope,
} from '@tinyfat/core';
import {
  type Agent,
  allowList,
  listSecretAddresses,
  pauseAgent,
  resumeAgent,
  setAgentOwner,
  updateAgent,
} from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { chosenOwner } from '../owner.ts';
import type { Principal } from '../principal.ts';
import { MAX_MEMORY_BYTES } from '../routes/files.ts';
import { writeAgentConfig } from './agent-config.ts';

/** As a request asks for it; what is not named stays. */
interface WantedChange {
  owner?: string | undefined;
  model?: string | null | undefined;
  display_name?: string | null | undefined;
  egress?: string | undefined;
  session_scope?: SessionScope | undefined;
  outbound?: OutboundPolicy | undefined;
  paused?: boolean | undefined;
  config_etag?: string | undefined;
}

/** The same after it was checked, in canonical form. */
interface CheckedChange {
  owner: string | undefined;
  displayName: string | undefined;
  egress: string | undefined;
  outbound: OutboundPolicy | undefined;
  config: { model?: string | null; session_scope?: SessionScope };
}

/** Changes an agent, or says why it is left as it is. `warnings` say what a change of the owner left as it was. */
export async function changeAgent(
  deps: ApiDeps,
  principal: Principal,
  agent: Agent,
  wanted: WantedChange,
): Promise<{ ok: true; warnings: string[] } | Refusal> {
  const checked = checkChange(deps, principal, agent, wanted);
  if (!checked.ok) return checked;
  const { owner, displayName, egress, outbound, config } = checked.change;
  if (Object.keys(config).length > 0) {
    const written = await writeAgentConfig(deps, agent.id, config, wanted.config_etag ?? null);
    if (!written) {
      return refuse('precondition_failed', 'config.json has changed since you looked; nothing was changed.');
    }
  }
  if (displayName !== undefined) await updateAgent(deps.db, agent.id, { display_name: displayName });
  if (egress !== undefined) await updateAgent(deps.db, agent.id, { egress });
  if (outbound !== undefined) await updateAgent(deps.db, agent.id, { outbound });
  if (wanted.paused !== undefined) await setPaused(deps, agent.id, wanted.paused);
  if (owner === undefined || owner === agent.owner) return { ok: true, warnings: [] };
  await setAgentOwner(deps.db, agent.id, owner, deps.clock());
  return { ok: true, warnings: await leftAsItWas(deps, agent) };
}

async function setPaused(deps: Pick<ApiDeps, 'db' | 'clock' | 'wakeUp'>, agentId: string, paused: boolean) {
  if (paused) {
    await pauseAgent(deps.db, agentId, deps.clock());
  } else {
    await resumeAgent(deps.db, agentId, deps.clock());
    deps.wakeUp.wake('jobs');
  }
}

function checkChange(
  deps: Pick<ApiDeps, 'models'>,
  principal: Principal,
  agent: Agent,
  wanted: WantedChange,
): { ok: true; change: CheckedChange } | Refusal {
  const change: CheckedChange = {
    ...{ owner: undefined, displayName: undefined, egress: undefined },
    outbound: wanted.outbound,
    config: {},
  };
  if (wanted.outbound === 'anyone' && agent.outbound !== 'anyone' && !principal.isAdmin) {
    return refuse(
      'not_permitted',
      'Only admins may let an agent write to anyone: the server answers for it.',
    );
  }
  if (wanted.owner !== undefined) {
    const owner = chosenOwner(principal, wanted.owner);
    if (!owner.ok) return owner;
    change.owner = owner.owner;
  }
  if (wanted.model !== undefined) {
    const model = wanted.model === null ? null : resolveModel(wanted.model, deps.models);
    if (model?.ok === false) return refuse('invalid_request', `"model": ${model.reason}`);
    change.config.model = wanted.model;
  }
  if (wanted.session_scope !== undefined) change.config.session_scope = wanted.session_scope;
  if (wanted.display_name !== undefined) {
    const name = parseDisplayName(wanted.display_name ?? '');
    if (!name.ok) return refuse('invalid_request', `"display_name": ${name.reason}`);
    change.displayName = name.name;
  }
  if (wanted.egress !== undefined) {
    const egress = parseEgress(wanted.egress);
    if (!egress.ok) return refuse('invalid_request', `"egress": ${egress.reason}`);
    change.egress = egressText(egress.policy);
  }
  return { ok: true, change };
}

/** What stays of the former owner: ways to write to the agent that the new owner may not know. */
async function leftAsItWas(deps: Pick<ApiDeps, 'db' | 'folders'>, before: Agent): Promise<string[]> {
  const warnings: string[] = [];
  const former = canonicalAddress(before.owner);
  const entry = former.ok ? matchAllowList(await allowList(deps.db, before.id), former) : null;
  warnings.push(
    entry === null
      ? `${before.owner}, the owner before, may no longer write to it.`
      : `${before.owner}, the owner before, may still write to it: ${entry.text} is on the list.`,
  );
  const secret = await listSecretAddresses(deps.db, before.id);
  if (secret.length > 0) {
    warnings.push(`Secret addresses that were made before still let mail in: ${secret.length}.`);
  }
  const memory = await deps.folders.read(before.id, 'MEMORY.md', MAX_MEMORY_BYTES).catch(() => null);
  if (memory?.ok && new TextDecoder().decode(memory.bytes).includes(before.owner)) {
    warnings.push(`Its MEMORY.md names ${before.owner}.`);
  }
  return warnings;
}
