/** Entries of an allow-list in words. */
import { parseAllowEntry } from '@tinyfat/core';

/** `ann@example.org, everybody at example.org and everybody below example.org`; the owner first, each once. */
export function whoMayWrite(owner: string, entries: readonly string[]): string {
  const all = [...new Set([owner, ...entries])].map(inWords);
  const last = all.pop() ?? '';
  return all.length === 0 ? last : `${all.join(', ')} and ${last}`;
}

function inWords(text: string): string {
  const parsed = parseAllowEntry(text);
  if (!parsed.ok || parsed.entry.kind === 'address') return text;
  const { kind, domain } = parsed.entry;
  return kind === 'domain' ? `everybody at ${domain}` : `everybody below ${domain}`;
}
