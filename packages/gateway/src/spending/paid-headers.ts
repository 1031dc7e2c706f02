import type { IncomingHttpHeaders } from 'node:http';

/** What of the beta features pi asks for; others may change prices, or let a model read more than it is known to. */
const KNOWN_BETAS = new Set([
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01',
  'thinking-binding-controls-2026-08-01',
]);

const KNOWN_FIELDS = new Set([
  'anthropic-beta',
  'anthropic-version',
  'anthropic-dangerous-direct-browser-access',
]);

/** Why the cost of a request can't be bounded, by its headers: a reason, or null. */
export function unpricedHeaders(headers: IncomingHttpHeaders): string | null {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return 'an encoded body can not be read';
  const type = headers['content-type'] ?? 'application/json';
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(type.trim())) {
    return 'the body must be application/json in UTF-8';
  }
  for (const name of Object.keys(headers)) {
    if (name.startsWith('anthropic-') && !KNOWN_FIELDS.has(name)) return `the header ${name} may cost extra`;
  }
  for (const beta of [headers['anthropic-beta'] ?? []].flat().join(',').split(',')) {
    const name = beta.trim();
    if (name !== '' && !KNOWN_BETAS.has(name))
      return `the beta feature ${JSON.stringify(name)} may cost extra`;
  }
  return null;
}
