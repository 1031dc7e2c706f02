import { WorkerEntrypoint } from 'cloudflare:workers';
import type { SandboxBindings } from './agent-sandbox.ts';

/** Made by the object for its own container; nothing inside can say whose it is. */
interface WayOutContext {
  readonly props: { agentId: string };
}

/** Where all that a container sends is handed to the object of its agent. Bound to nothing else, it has no address. */
export class WayOut extends WorkerEntrypoint<SandboxBindings, WayOutContext> {
  override async fetch(request: Request): Promise<Response> {
    return await this.env.SANDBOX.getByName(this.ctx.props.agentId).fetch(request);
  }
}
