import {
  allowedEntries,
  coversAddress,
  coversName,
  type EgressHost,
  type EgressPolicy,
  type HostPattern,
  parseHostPattern,
} from '@tinyfat/core';
import { type EgressRefusal, refusal } from './refusal.ts';
import type { EgressTarget } from './target.ts';

/** What a run may reach, ready to be asked for each connection. */
export interface EgressRules {
  /** Null where the policy lets it reach this host and port; looks nothing up. */
  whyNot(target: EgressTarget & { ok: true }): EgressRefusal | null;
  /** Whether the operator's entries name the target: it then need not be public. */
  isNamedInside(target: EgressTarget & { ok: true }): boolean;
  /** The operator's entries. */
  allow: readonly HostPattern[];
  /** Ports that may be dialled where no entry of the operator names another. */
  ports: readonly number[];
}

/**
 * Both the agent's policy and the address have a say: an entry on an agent's list opens nothing that is not public, and
 * an entry of the operator's nothing that the agent's list leaves out.
 */
export function egressRules(
  policy: EgressPolicy,
  allow: readonly HostPattern[],
  ports: readonly number[],
): EgressRules {
  const listed = policy.kind === 'list' ? policy.hosts.map(parseHostPattern) : [];
  // An entry that can't be read covers nothing.
  const patterns = listed.flatMap((parsed) => (parsed.ok ? [parsed.pattern] : []));
  const isNamedInside = (target: EgressTarget & { ok: true }) =>
    allowedEntries(allow, hostOf(target), target.port, ports).length > 0;
  return {
    allow,
    ports,
    isNamedInside,
    whyNot(target) {
      if (policy.kind === 'none') return refusal('no_network');
      if (policy.kind === 'list' && !patterns.some((entry) => isOnList(entry, target))) {
        return refusal('not_on_list');
      }
      if (isNamedInside(target)) return null;
      if (target.local !== null) return refusal('local_name', target.local);
      return ports.includes(target.port) ? null : refusal('port', `port ${target.port} is not allowed`);
    },
  };
}

function isOnList(entry: HostPattern, target: EgressTarget & { ok: true }): boolean {
  if (entry.port !== null && entry.port !== target.port) return false;
  const host = hostOf(target);
  return host.kind === 'name' ? coversName(entry, host.name) : coversAddress(entry, host.address);
}

function hostOf(target: EgressTarget & { ok: true }): EgressHost {
  return target.address === null
    ? { kind: 'name', name: target.host }
    : { kind: 'address', address: target.address };
}
