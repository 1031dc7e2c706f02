/**
 * The Worker that runs turns, over the stand-in for containers instead of Cloudflare's. It is another Worker, and nothing
 * that is deployed imports it: no variable could make one of the other.
 */
import { agentSandboxOver, type SandboxBindings } from '../cloudflare/agent-sandbox.ts';
import { TURN_LIMITS } from '../container/limits.ts';
import { standInContainer } from './stand-in-container.ts';

export { Keys } from '../cloudflare/keys.ts';
export { WayOut } from '../cloudflare/way-out.ts';

interface StandInBindings extends SandboxBindings {
  /** Where the stand-in is. */
  CONTAINERS: string;
}

interface StandInContext {
  readonly exports: {
    WayOut(options: { props: { agentId: string } }): { fetch(request: Request): Promise<Response> };
  };
}

/** How long copies take says nothing on a machine that is busy with tests. */
const UNHURRIED = { ...TURN_LIMITS, copy: { ...TURN_LIMITS.copy, withinMs: 600_000 } };

export class AgentSandbox extends agentSandboxOver(
  (_context: unknown, bindings: StandInBindings, agentId) => standInContainer(bindings.CONTAINERS, agentId),
  UNHURRIED,
) {}

export default {
  /** What the stand-in caught: in its headers stands whose container sent it, and where to. */
  async fetch(request: Request, _bindings: StandInBindings, context: StandInContext): Promise<Response> {
    const headers = new Headers(request.headers);
    const agentId = headers.get('x-stand-in-container') ?? '';
    const url = headers.get('x-stand-in-url') ?? '';
    for (const name of ['x-stand-in-container', 'x-stand-in-url']) headers.delete(name);
    const caught = new Request(url, new Request(request, { headers }));
    return await context.exports.WayOut({ props: { agentId } }).fetch(caught);
  },
};
