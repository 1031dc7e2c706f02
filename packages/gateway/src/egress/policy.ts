import type { EgressPolicy } from '@tinyfat/core';

/** Null when the run's policy lets it reach this host (lower case, no final dot), else the reason. */
export function whyNotAllowed(policy: EgressPolicy, host: string): string | null {
  switch (policy.kind) {
    case 'none':
      return 'this agent may not use the network';
    case 'public':
      return null;
    case 'list':
      return policy.hosts.some((entry) => covers(entry, host)) ? null : "the host is not on the agent's list";
  }
}

function covers(entry: string, host: string): boolean {
  const name = entry.trim().toLowerCase().replace(/\.$/, '');
  return name.startsWith('*.') ? name.length > 2 && host.endsWith(name.slice(1)) : host === name;
}
