/** Where a container finds its gateway, and what of its traffic is for it. */
import type { InterceptedGateway } from '@tinyfat/gateway';

/** No such name is on the internet (ICANN's `internal`); what is sent to it is intercepted. */
export const GATEWAY_HOST = 'gateway.tinyfat.internal';

/** Without a slash at its end. */
export const GATEWAY_URL = `http://${GATEWAY_HOST}`;

/** Answers what a container sent, to the gateway or to anywhere else; without one, nothing. */
export async function answerFor(gateway: InterceptedGateway | null, request: Request): Promise<Response> {
  if (gateway === null) return new Response('No turn runs here.\n', { status: 503 });
  return new URL(request.url).hostname === GATEWAY_HOST
    ? await gateway.serve(request)
    : await gateway.serveEgress(request);
}
