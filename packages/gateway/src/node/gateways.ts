/** The gateways of one machine: the one way out of each of its sandboxes, on a unix socket per run. */
import {
  type Clock,
  type EgressPolicy,
  faultText,
  type HostPattern,
  type KeyRefusal,
  type LlmUpstream,
  type RunSpending,
} from '@tinyfat/core';
import { createRefusedList } from '../egress/refused-list.ts';
import { egressRules } from '../egress/rules.ts';
import { type GatewayEvent, limitedEvents } from '../events.ts';
import { hostBodies } from '../llm/body-budget.ts';
import { type LlmRoute, NO_SUCH_ROUTE, ONLY_POST, openLlmRoute } from '../llm/llm-route.ts';
import { createEgressBudget } from './egress/budget.ts';
import { serveForward } from './egress/forward-http.ts';
import { type EgressNetwork, systemNetwork } from './egress/network.ts';
import type { EgressDeps } from './egress/open-connection.ts';
import { serveConnect } from './egress/tunnel.ts';
import { createRunServer } from './http/run-server.ts';
import { type FetchRoutes, serveFetch } from './http/serve-fetch.ts';
import { listenOnSocketFile } from './http/socket-file.ts';
import { nodeUpstream } from './http/upstream-fetch.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';

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

/** One run. */
export interface GatewayRequest {
  runId: string;
  /** Host path of the unix socket to make; its folder exists and only we can enter it. */
  socketPath: string;
  upstream: LlmUpstream;
  egress: EgressPolicy;
  spending: RunSpending;
  /** Called for each thing that the run did or was refused, for the log. */
  onEvent?: (event: GatewayEvent) => void;
}

/** One run's gateway; `close` also cuts every connection and removes the socket. */
export type Gateway = Pick<LlmRoute, 'runToken' | 'usage' | 'cost' | 'timing' | 'close'>;

/** The gateway of a run; none where the key that the run was to use does not open. */
type OpenedGateway = { ok: true; gateway: Gateway } | KeyRefusal;

/** The gateways of a host: one per run, over connections to the LLM that stay warm between runs. */
export interface Gateways {
  /** Opens the gateway of one run. Rejects when the socket can't be made. */
  open(request: GatewayRequest): Promise<OpenedGateway>;
  /** Closes every open gateway and the connections to the LLM. */
  close(): Promise<void>;
}

/** Makes the gateways of a host. Opens nothing by itself. */
export function createGateways(options: GatewaysOptions): Gateways {
  const { now } = options;
  const network = options.network ?? systemNetwork();
  const limits: GatewayLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const llm = nodeUpstream({ connectMs: limits.llmConnectMs });
  const bodies = hostBodies(limits.llmHostBytes);
  const openGateways = new Set<Gateway>();

  async function open(request: GatewayRequest): Promise<OpenedGateway> {
    const refusedList = createRefusedList(limits.refusalsListed);
    const report = limitedEvents(limits.events, request.onEvent);
    const emit = (event: GatewayEvent): void => {
      if (event.kind === 'refused') refusedList.add(event);
      report(event);
    };
    const { upstream, spending } = request;
    const opened = await openLlmRoute(
      { upstream, spending, emit },
      { fetch: llm.fetch, bodies, limits, now },
    );
    if (!opened.ok) return opened;
    const { route } = opened;
    const egress: EgressDeps = {
      rules: egressRules(request.egress, options.allow ?? [], limits.egressPorts),
      network,
      limits,
      budget: createEgressBudget(limits.egressConnections, limits.egressBytes),
      emit,
    };
    const routes: FetchRoutes = {
      serve: async (asked) => refusedList.answer(asked) ?? (await route.serve(asked)),
      refuse: (target, why) => route.refuse(target, why === 'method' ? ONLY_POST : NO_SUCH_ROUTE),
    };
    const run = createRunServer(limits, {
      serveOrigin: (incoming, response, guard) => serveFetch(incoming, response, routes, guard),
      serveAbsolute: (incoming, response, guard) => serveForward(incoming, response, egress, guard),
      serveConnect: (incoming, socket, head, guard) => serveConnect(incoming, socket, head, egress, guard),
      onFault: (fault) => emit({ kind: 'fault', error: faultText(fault) }),
    });
    await listenOnSocketFile(run.server, request.socketPath);

    const gateway: Gateway = {
      ...route,
      async close() {
        openGateways.delete(gateway);
        await new Promise<void>((resolve) => {
          run.server.close(() => resolve());
          run.cutAll();
        });
        await route.close();
      },
    };
    openGateways.add(gateway);
    return { ok: true, gateway };
  }

  return {
    open,
    async close() {
      await Promise.all([...openGateways].map((gateway) => gateway.close()));
      llm.close();
    },
  };
}
