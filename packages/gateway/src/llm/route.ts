/** What of the Messages API a sandbox may use. */
export type LlmEndpoint = 'messages' | 'count_tokens';

export type LlmRoute =
  /** `path` and `query` (with its `?`, or empty) as they go to the upstream. */
  { kind: 'llm'; endpoint: LlmEndpoint; path: string; query: string } | { kind: 'not_found' };

const QUERY = /^(?:\?[\w=&.-]{0,200})?$/;

/**
 * Finds the route of a request target in origin form. The comparison is exact and on the raw text: nothing is
 * decoded or normalised, so no spelling reaches another path of the upstream.
 */
export function findLlmRoute(target: string): LlmRoute {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark);
  if (!QUERY.test(query)) return { kind: 'not_found' };
  if (path === '/anthropic/v1/messages') {
    return { kind: 'llm', endpoint: 'messages', path: '/v1/messages', query };
  }
  if (path === '/anthropic/v1/messages/count_tokens') {
    return { kind: 'llm', endpoint: 'count_tokens', path: '/v1/messages/count_tokens', query };
  }
  return { kind: 'not_found' };
}
