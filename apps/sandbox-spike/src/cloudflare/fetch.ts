/** The fetch of Workers as gateways need it: redirects are not followed, and bodies are read without their encoding. */
import type { InterceptedDeps } from '@tinyfat/gateway';

/** Workers decode these as a body is read, and leave the header as it came. */
const DECODED = new Set(['gzip', 'br']);

/** How a request reaches the LLM. Errors of this fetch name neither the address nor a header. */
export const llmFetch: InterceptedDeps['llmFetch'] = async (url, init) => asRead(await fetch(url, init));

/** How a request reaches the internet, which on Workers is all that there is (`global_fetch_strictly_public`). */
export const egressFetch: InterceptedDeps['egressFetch'] = async (url, init) =>
  asRead(await fetch(url, init));

function asRead(answer: Response): Response {
  if (!DECODED.has(answer.headers.get('content-encoding') ?? '')) return answer;
  const headers = new Headers(answer.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return new Response(answer.body, { status: answer.status, headers });
}
