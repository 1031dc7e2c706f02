/** Settings for one mail of one agent: its config.json, model and current session. */
import {
  type AgentConfig,
  canonicalAddress,
  parseAgentConfig,
  resolveModel,
  sessionScopeKey,
} from '@tinyfat/core';
import { openSession } from '@tinyfat/database';
import type { NamedModel } from '@tinyfat/settings';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { incomingMail } from '../mails/incoming.ts';

const MAX_CONFIG_BYTES = 64_000;

/** The agent's settings; a file that can't be read counts as empty, with a warning. */
export async function readConfig(
  deps: ConsumerDeps,
  agentId: string,
): Promise<{ config: AgentConfig; text: string | null; warnings: string[] }> {
  const file = await deps.folders.read(agentId, 'config.json', MAX_CONFIG_BYTES);
  const text = file.ok ? new TextDecoder().decode(file.bytes) : null;
  const { config, warnings } = parseAgentConfig(text);
  if (!file.ok && file.reason !== 'missing') warnings.push(`config.json: ${file.detail}`);
  return { config, text, warnings };
}

/** The model of an agent; a name that no longer exists falls back to the default, with a warning. */
export function agentModel(
  deps: ConsumerDeps,
  config: AgentConfig,
): { model: NamedModel; warning: string | null } {
  const chosen = resolveModel(config.model ?? deps.defaultModel, deps.models);
  if (chosen.ok) return { model: chosen.model, warning: null };
  const fallback = resolveModel(deps.defaultModel, deps.models);
  if (!fallback.ok) throw new Error(`the default model ${deps.defaultModel} does not exist`);
  return { model: fallback.model, warning: `config.json: ${chosen.reason}` };
}

/** Key of the session scope of a mail. */
export function scopeOf(config: AgentConfig, { mail }: Work): string {
  const incoming = incomingMail(mail);
  const sender = canonicalAddress(incoming.sender);
  if (!sender.ok) throw new Error(`mail ${mail.id}: the stored sender is not canonical`);
  return sessionScopeKey(config.sessionScope, { ...incoming, sender, fallback: mail.id });
}

/** Id of the current session of a scope; the first mail of a scope begins one. */
export async function sessionOf(deps: ConsumerDeps, agentId: string, scope: string): Promise<string> {
  return await openSession(deps.db, { agentId, scope, sessionId: deps.makeId(), at: deps.clock() });
}
