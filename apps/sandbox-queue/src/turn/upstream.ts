/**
 * Whose key pays for a run, decided anew for each one: the owner's, else the operator's, else the demo model answers.
 * A stored key that does not open fails the run: no other key or model ever takes its place silently.
 */
import {
  describeError,
  type KeyRefusal,
  type LlmUpstream,
  type OpenKey,
  openSecret,
  providerKeyBinding,
  type SealRefusal,
} from '@tinyfat/core';
import { type Agent, findProviderKey, markProviderKeyUsed } from '@tinyfat/database';
import type { ConsumerDeps } from '../consumer.ts';

type Deps = Pick<ConsumerDeps, 'db' | 'clock' | 'logger' | 'llm' | 'readMasterKeys'>;

const PROVIDER = 'anthropic';
/** A rotation that ends between two readings makes them not fit; the next pair does, unless there is yet another. */
const READINGS = 3;

const WHY: Record<SealRefusal, string> = {
  malformed: 'What is stored is no sealed key.',
  unknown_master_key: 'The master key that it was sealed with is not here.',
  not_authentic: 'It was changed, was sealed for somebody else, or another master key has that name now.',
};

/** The upstream of an agent's next run. Nothing is decrypted yet. */
export async function upstreamOf(deps: Deps, agent: Agent): Promise<LlmUpstream> {
  const { baseUrl, operatorKey } = deps.llm;
  const owned = await findProviderKey(deps.db, agent.owner, PROVIDER);
  if (owned) return { kind: 'anthropic', baseUrl, apiKey: () => openOwnersKey(deps, agent) };
  return operatorKey === null ? { kind: 'demo' } : { kind: 'anthropic', baseUrl, apiKey: operatorKey };
}

/** Decrypts the owner's key and notes the use of it. */
async function openOwnersKey(deps: Deps, agent: Agent): ReturnType<OpenKey> {
  let reason: SealRefusal = 'unknown_master_key';
  for (let reading = 0; reading < READINGS && reason === 'unknown_master_key'; reading++) {
    const stored = await findProviderKey(deps.db, agent.owner, PROVIDER);
    if (!stored) return refuse(deps, agent, 'It was removed while the turn began.');
    // Read after the row: a rotation takes a master key away only when no row needs it any more.
    const keys = await deps.readMasterKeys();
    if (!keys.ok) return refuse(deps, agent, describeError(keys.code).sentence, keys.detail);
    const opened = await openSecret(stored.sealed, providerKeyBinding(stored), keys.keys);
    if (opened.ok) {
      await markProviderKeyUsed(deps.db, stored.id, deps.clock());
      return { ok: true, key: opened.secret };
    }
    reason = opened.reason;
  }
  return refuse(deps, agent, WHY[reason]);
}

function refuse({ logger }: Deps, agent: Agent, reason: string, detail?: string): KeyRefusal {
  logger.error('owner_key_unreadable', { agent: agent.name, reason, detail });
  return { ok: false, code: 'owner_key_unreadable', reason };
}
