/** What an agent may reach over the network, as its owner sets it. */
import { parseHostPattern } from './host-pattern.ts';

/** What plain HTTP(S) of a run may reach. */
export type EgressPolicy =
  | { kind: 'none' }
  | { kind: 'public' }
  /**
   * Entries as `parseHostPattern` spells them, and nothing else. They open no way to a host that is not public, nor
   * to a port beyond the usual ones: both are the operator's to give.
   */
  | { kind: 'list'; hosts: string[] };

/** A policy, or a sentence that says what to write. */
type ParsedEgress = { ok: true; policy: EgressPolicy } | { ok: false; reason: string };

const MOST_HOSTS = 100;
const MOST_CHARACTERS = 10_000;
const FORM = 'Write none, public, or hosts with commas between, such as api.example.com,*.example.org.';

/** Reads `none`, `public`, or at most 100 hosts with commas between; blanks around each are dropped. */
export function parseEgress(text: string): ParsedEgress {
  if (text.length > MOST_CHARACTERS) return { ok: false, reason: `The list of hosts is too long. ${FORM}` };
  const entries = text.split(',').map((entry) => entry.trim());
  const [first = ''] = entries;
  if (entries.length === 1 && (first === 'none' || first === 'public')) {
    return { ok: true, policy: { kind: first } };
  }
  if (entries.length > MOST_HOSTS) return { ok: false, reason: `At most ${MOST_HOSTS} hosts. ${FORM}` };
  const hosts = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (entry === '') return { ok: false, reason: `A host is missing. ${FORM}` };
    if (entry === 'none' || entry === 'public') {
      return { ok: false, reason: `${entry} stands alone, without hosts beside it. ${FORM}` };
    }
    const parsed = parseHostPattern(entry);
    if (!parsed.ok) return { ok: false, reason: `Host ${index + 1}: ${parsed.reason} Or none, or public.` };
    hosts.add(parsed.pattern.text);
  }
  return { ok: true, policy: { kind: 'list', hosts: [...hosts] } };
}

/** The text that `parseEgress` reads, in its one form; what is stored and shown. */
export function egressText(policy: EgressPolicy): string {
  return policy.kind === 'list' ? policy.hosts.join(',') : policy.kind;
}

/** The policy of a stored text. What this version can't read reaches nothing. */
export function storedEgress(text: string): EgressPolicy {
  const parsed = parseEgress(text);
  return parsed.ok ? parsed.policy : { kind: 'none' };
}
