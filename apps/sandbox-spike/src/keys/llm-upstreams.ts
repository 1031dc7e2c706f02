/**
 * The keys that pay for turns: the operator's as it is, an owner's opened when the gateway of a run asks for it. A stored
 * key that does not open fails the run: no other key or model ever takes its place silently.
 */
import {
  type Clock,
  describeError,
  type KeyRefusal,
  type LlmUpstream,
  type Logger,
  type MasterKeysOutcome,
  type OpenKey,
  openSecret,
  providerKeyBinding,
  type SealRefusal,
  type TurnUpstream,
} from '@tinyfat/core';
import { type Database, findProviderKey, markProviderKeyUsed } from '@tinyfat/database';

export interface LlmKeysDeps {
  db: Database;
  clock: Clock;
  logger: Pick<Logger, 'error'>;
  /** Where the Messages API is. */
  baseUrl: string;
  operatorKey: string | null;
  /** The master keys as they are at that moment: another process may rotate them at any time. */
  readMasterKeys(): Promise<MasterKeysOutcome>;
}

/** Gives what a gateway needs for a turn; nothing is decrypted before the gateway asks. */
export type LlmUpstreams = (upstream: TurnUpstream, owner: string) => LlmUpstream;

const PROVIDER = 'anthropic';
/** A rotation that ends between two readings makes them not fit; the next pair does, unless there is yet another. */
const READINGS = 3;

const WHY: Record<SealRefusal, string> = {
  malformed: 'What is stored is no sealed key.',
  unknown_master_key: 'The master key that it was sealed with is not here.',
  not_authentic: 'It was changed, was sealed for somebody else, or another master key has that name now.',
};

/** The upstreams of turns. Throws for a turn that the operator is to pay where no key of theirs is set. */
export function llmUpstreams(deps: LlmKeysDeps): LlmUpstreams {
  const { baseUrl, operatorKey } = deps;
  return (upstream, owner) => {
    if (upstream.kind === 'demo') return upstream;
    if (upstream.payer === 'owner')
      return { kind: 'anthropic', baseUrl, apiKey: () => openOwnersKey(deps, owner) };
    if (operatorKey === null) throw new Error('ANTHROPIC_API_KEY is not set where the turn runs');
    return { kind: 'anthropic', baseUrl, apiKey: operatorKey };
  };
}

/** Decrypts the owner's key and notes the use of it. */
async function openOwnersKey(deps: LlmKeysDeps, owner: string): ReturnType<OpenKey> {
  let reason: SealRefusal = 'unknown_master_key';
  for (let reading = 0; reading < READINGS && reason === 'unknown_master_key'; reading++) {
    const stored = await findProviderKey(deps.db, owner, PROVIDER);
    if (!stored) return refuse(deps, 'It was removed while the turn began.');
    // Read after the row: a rotation takes a master key away only when no row needs it any more.
    const keys = await deps.readMasterKeys();
    if (!keys.ok) return refuse(deps, describeError(keys.code).sentence, keys.detail);
    const opened = await openSecret(stored.sealed, providerKeyBinding(stored), keys.keys);
    if (opened.ok) {
      await markProviderKeyUsed(deps.db, stored.id, deps.clock());
      return { ok: true, key: opened.secret };
    }
    reason = opened.reason;
  }
  return refuse(deps, WHY[reason]);
}

function refuse({ logger }: LlmKeysDeps, reason: string, detail?: string): KeyRefusal {
  logger.error('owner_key_unreadable', { reason, detail });
  return { ok: false, code: 'owner_key_unreadable', reason };
}
