import { type Clock, faultText, type HostPattern } from '@tinyfat/core';
import type { Gateway, GatewayEvent, GatewayRequest, OpenedGateway, OpenGateway } from './contract.ts';
import { createEgressBudget } from './egress/budget.ts';
import { serveForward } from './egress/forward-http.ts';
import { type EgressNetwork, systemNetwork } from './egress/network.ts';
import type { EgressParts } from './egress/open-connection.ts';
import { egressRules } from './egress/policy.ts';
import { createRefusedList } from './egress/refused-list.ts';
import { serveConnect } from './egress/tunnel.ts';
import { limitedEvents } from './events.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
import { hostBodies } from './llm/body-budget.ts';
import { openUpstream } from './llm/open-upstream.ts';
import { makeRunToken } from './llm/run-token.ts';
import { createLlmRoute } from './llm/serve-llm.ts';
import { createUpstreamAgents } from './llm/upstream-agents.ts';
import { createUsageMeter } from './llm/usage-meter.ts';
import { createRunServer } from './run-server.ts';
import { listenOnSocketFile } from './socket-file.ts';
import { openPurse } from './spending/purse.ts';

/** What all gateways of a host share. */
export interface GatewaysOptions {
  now: Clock;
  /** Differences from DEFAULT_LIMITS. */
  limits?: Partial<GatewayLimits>;
  /** The outside world of the proxy; the real one when absent. */
  network?: EgressNetwork;
  /** Hosts that need not be public (`EGRESS_ALLOW`); none when absent. */
  allow?: readonly HostPattern[];
}

/** The gateways of a host: one per run, over connections to the LLM that stay warm between runs. */
export interface Gateways {
  open: OpenGateway;
  /** Closes every open gateway and the connections to the LLM. */
  close(): Promise<void>;
}

/** Makes the gateways of a host. Opens nothing by itself. */
export function createGateways(options: GatewaysOptions): Gateways {
  const agents = createUpstreamAgents();
  const network = options.network ?? systemNetwork();
  const limits: GatewayLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const bodies = hostBodies(limits.llmHostBytes);
  const openGateways = new Set<Gateway>();

  async function open(request: GatewayRequest): Promise<OpenedGateway> {
    const opened = await openUpstream(request.upstream);
    if (!opened.ok) return opened;
    const runToken = makeRunToken();
    const meter = createUsageMeter();
    const { money } = request;
    const purse = openPurse({ money, meter, now: options.now, noteMs: limits.llmNoteMs });
    const refusedList = createRefusedList(limits.refusalsKept);
    const tell = limitedEvents(limits.events, request.onEvent);
    const emit = (event: GatewayEvent): void => {
      if (event.kind === 'refused') refusedList.add(event);
      tell(event);
    };
    const budget = bodies.openRun({ held: limits.llmHeldBytes, sent: limits.llmSentBytes });
    const llm = createLlmRoute({
      upstream: opened.upstream,
      runToken,
      agents,
      limits,
      budget,
      meter,
      purse,
      models: money.models,
      now: options.now,
      emit,
    });
    const egress: EgressParts = {
      rules: egressRules(request.egress, options.allow ?? [], limits.egressPorts),
      network,
      limits,
      budget: createEgressBudget(limits.egressConnections, limits.egressBytes),
      emit,
    };
    const run = createRunServer(limits, {
      serveOrigin: (incoming, response, guard) => {
        if (!refusedList.serve(incoming, response)) llm.serve(incoming, response, guard);
      },
      serveAbsolute: (incoming, response, guard) => serveForward(incoming, response, egress, guard),
      serveConnect: (incoming, socket, head, guard) => serveConnect(incoming, socket, head, egress, guard),
      onFault: (fault) => emit({ kind: 'fault', error: faultText(fault) }),
    });
    await listenOnSocketFile(run.server, request.socketPath);

    const gateway: Gateway = {
      runToken,
      usage: meter.total,
      cost: purse.cost,
      timing: llm.timing,
      async close() {
        openGateways.delete(gateway);
        await new Promise<void>((resolve) => {
          run.server.close(() => resolve());
          run.cutAll();
        });
        budget.close();
        await purse.close();
      },
    };
    openGateways.add(gateway);
    return { ok: true, gateway };
  }

  return {
    open,
    async close() {
      await Promise.all([...openGateways].map((gateway) => gateway.close()));
      agents.close();
    },
  };
}
