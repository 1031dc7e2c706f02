/**
 * The Durable Object of one agent, by its id: it runs the agent's turns in its container, and is the gateway of the one that
 * runs. Nothing of it survives; a turn that is cut off is tried again by its row.
 */
import { DurableObject } from 'cloudflare:workers';
import type { TurnRequest, TurnResult } from '@tinyfat/core';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { hostBodies, type InterceptedGateway, WORKER_LIMITS } from '@tinyfat/gateway';
import type { AgentObject, RemoteTurn } from '@tinyfat/sandbox/remote';
import { isolateLogger } from '@tinyfat/settings';
import { openR2Bucket, type R2Binding } from '@tinyfat/storage';
import type { Container } from '../container/container.ts';
import { type ContainerLimits, containerRunner } from '../container/container-runner.ts';
import { answerFor } from '../container/gateway-url.ts';
import { TURN_LIMITS } from '../container/limits.ts';
import { oneAtATime } from '../container/one-at-a-time.ts';
import { spendingInTime } from '../container/spending-in-time.ts';
import { llmUpstreams } from '../keys/llm-upstreams.ts';
import { readSettings } from './config.ts';
import { egressFetch, llmFetch } from './fetch.ts';

/** What the Worker is bound to, beside variables and secrets. */
export interface SandboxBindings {
  DATA: R2Binding<ReadableStream<Uint8Array>>;
  HYPERDRIVE: { connectionString: string };
  SANDBOX: { getByName(agentId: string): { fetch(request: Request): Promise<Response> } };
}

/** Opens the container of an object. */
export type OpenContainer<Context, Bindings> = (
  context: Context,
  bindings: Bindings,
  agentId: string,
) => Container;

/** A consumer answers at once, as long as there is one. */
const BEAT = { everyMs: 5_000, answerMs: 10_000 };
/** It asks the database for what it answers. */
const SPENDING_MS = 20_000;

/** Of all objects in this isolate. */
const bodies = hostBodies(WORKER_LIMITS.llmHostBytes);

/** The class of the object over such containers. */
export function agentSandboxOver<Context, Bindings extends SandboxBindings>(
  openContainer: OpenContainer<Context, Bindings>,
  turnLimits: ContainerLimits = TURN_LIMITS,
) {
  return class extends DurableObject<Bindings, Context> implements AgentObject {
    #gateway: InterceptedGateway | null = null;
    readonly #turns = oneAtATime({ runTurn: (request, signal) => this.#take(request, signal) }, BEAT);

    async runTurn({ alive, ...turn }: RemoteTurn): Promise<TurnResult> {
      const request = { ...turn, spending: spendingInTime(turn.spending, SPENDING_MS) };
      return await this.#turns.run(request, alive);
    }

    async cancelTurn(runId: string, attempt: number): Promise<void> {
      this.#turns.cancel(runId, attempt);
    }

    /** What the container sends, by way of `WayOut`. */
    override async fetch(request: Request): Promise<Response> {
      return await answerFor(this.#gateway, request);
    }

    async #take(request: TurnRequest, signal: AbortSignal): Promise<TurnResult> {
      const { env } = this;
      const { anthropic, masterKeys, turnTimeoutMs, logLevel } = readSettings(env);
      const db = openHyperdrive(env.HYPERDRIVE.connectionString);
      const clock = Date.now;
      const logger = isolateLogger(logLevel);
      const missing = { ok: false, code: 'master_keys_missing', detail: 'MASTER_KEYS is not set.' } as const;
      try {
        const runner = containerRunner({
          container: openContainer(this.ctx, env, request.agentId),
          bucket: openR2Bucket(env.DATA, { clock, random: Math.random }),
          root: '',
          gateways: { now: clock, llmFetch, egressFetch, bodies, limits: WORKER_LIMITS },
          upstreams: llmUpstreams({
            db,
            clock,
            logger,
            baseUrl: anthropic.baseUrl,
            operatorKey: anthropic.apiKey,
            readMasterKeys: async () => (masterKeys === null ? missing : { ok: true, keys: masterKeys }),
          }),
          limits: { ...turnLimits, deadlineMs: turnTimeoutMs },
          clock,
          logger,
          onGateway: (gateway) => {
            this.#gateway = gateway;
          },
          onGatewayEvent(run, { kind, ...event }) {
            if (kind === 'fault') logger.error('gateway_fault', { run, ...event });
            else logger.debug('gateway', { run, kind, ...event });
          },
        });
        return await runner.runTurn(request, signal);
      } finally {
        await db.destroy();
      }
    }
  };
}
