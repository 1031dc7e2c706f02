/**
 * The Worker that runs turns: a Durable Object with a container for each agent. It alone has the keys of models. Consumers
 * reach the objects by their binding; it has no address on the internet. Wiring only.
 */
import { agentSandboxOver, type SandboxBindings } from './cloudflare/agent-sandbox.ts';
import { cloudflareContainer, type NativeContainer } from './container/cloudflare-container.ts';

export { Keys } from './cloudflare/keys.ts';
export { WayOut } from './cloudflare/way-out.ts';

/** A binding of ours to `WayOut`. */
interface WayOutBinding {
  fetch(request: Request): Promise<Response>;
}

/** The context of the object: its container, and the ways out that can be made for it. */
interface SandboxContext {
  readonly container?: NativeContainer<WayOutBinding>;
  readonly exports: { WayOut(options: { props: { agentId: string } }): WayOutBinding };
}

export class AgentSandbox extends agentSandboxOver((context: SandboxContext, _: SandboxBindings, agentId) => {
  if (context.container === undefined) throw new Error('no container is configured for AgentSandbox');
  return cloudflareContainer(context.container, context.exports.WayOut({ props: { agentId } }));
}) {}

export default {
  fetch: () => new Response('Not found.\n', { status: 404 }),
};
