/** What may be changed of an agent: everything is checked first, then written. */
import {
  canonicalAddress,
  egressText,
  matchAllowList,
  parseDisplayName,
  parseEgress,
  resolveModel,
  type SessionScope,
} from '@tinyfat/core';
import { type Agent, allowList, listSecretAddresses, setAgentOwner, updateAgent } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { chosenOwner } from '../owner.ts';
import type { ApiPorts } from '../ports.ts';
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
}

/** The same after it was checked, in canonical form. */
interface CheckedChange {
  owner: string | undefined;
  displayName: string | undefined;
  egress: string | undefined;
  config: { model?: string | null; session_scope?: SessionScope };
}

/** Changes an agent, or says why it is left as it is. `warnings` say what a change of the owner left as it was. */
export async function changeAgent(
  ports: ApiPorts,
  principal: Principal,
  agent: Agent,
  wanted: WantedChange,
): Promise<{ ok: true; warnings: string[] } | Refusal> {
  const checked = checkChange(ports, principal, wanted);
  if (!checked.ok) return checked;
  const { owner, displayName, egress, config } = checked.change;
  if (Object.keys(config).length > 0) await writeAgentConfig(ports, agent.id, config);
  if (displayName !== undefined) await updateAgent(ports.db, agent.id, { display_name: displayName });
  if (egress !== undefined) await updateAgent(ports.db, agent.id, { egress });
  if (owner === undefined || owner === agent.owner) return { ok: true, warnings: [] };
  await setAgentOwner(ports.db, agent.id, owner, ports.clock());
  return { ok: true, warnings: await leftAsItWas(ports, agent) };
}

function checkChange(
  ports: Pick<ApiPorts, 'models'>,
  principal: Principal,
  wanted: WantedChange,
): { ok: true; change: CheckedChange } | Refusal {
  const change: CheckedChange = { owner: undefined, displayName: undefined, egress: undefined, config: {} };
  if (wanted.owner !== undefined) {
    const owner = chosenOwner(principal, wanted.owner);
    if (!owner.ok) return owner;
    change.owner = owner.owner;
  }
  if (wanted.model !== undefined) {
    const model = wanted.model === null ? null : resolveModel(wanted.model, ports.models);
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

/** What of the owner before still counts: by each of these somebody could write whom the new one does not know. */
async function leftAsItWas(ports: Pick<ApiPorts, 'db' | 'folders'>, before: Agent): Promise<string[]> {
  const warnings: string[] = [];
  const former = canonicalAddress(before.owner);
  const entry = former.ok ? matchAllowList(await allowList(ports.db, before.id), former) : null;
  warnings.push(
    entry === null
      ? `${before.owner}, the owner before, may no longer write to it.`
      : `${before.owner}, the owner before, may still write to it: ${entry.text} is on the list.`,
  );
  const secret = await listSecretAddresses(ports.db, before.id);
  if (secret.length > 0) {
    warnings.push(`Secret addresses that were made before still let mail in: ${secret.length}.`);
  }
  const memory = await ports.folders.read(before.id, 'MEMORY.md', MAX_MEMORY_BYTES).catch(() => null);
  if (memory?.ok && new TextDecoder().decode(memory.bytes).includes(before.owner)) {
    warnings.push(`Its MEMORY.md names ${before.owner}.`);
  }
  return warnings;
}
