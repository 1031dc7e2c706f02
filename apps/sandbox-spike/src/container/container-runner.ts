/**
 * The `TurnRunner` of a container: one turn at a time in the one container of an agent. Each begins with a container from
 * the image, into which the agent's folder is copied, and ends without one. What survives a turn is in the bucket.
 */
import {
  type Clock,
  type Logger,
  parseSessionFileName,
  type TurnOutcome,
  type TurnRequest,
  type TurnResult,
  type TurnRunner,
  usdOf,
} from '@tinyfat/core';
import {
  type GatewayEvent,
  type InterceptedDeps,
  type InterceptedGateway,
  openInterceptedGateway,
} from '@tinyfat/gateway';
import type { Bucket } from '@tinyfat/storage';
import { agentPrefix, type CopyBounds } from '@tinyfat/storage/copy';
import type { LlmUpstreams } from '../keys/llm-upstreams.ts';
import { inAgentFolder, type OpenedFolder } from '../turn/agent-folder.ts';
import { inboxFiles } from '../turn/inbox.ts';
import { NOTHING_USED, notBegun, readOutcome } from '../turn/outcome.ts';
import type { Container } from './container.ts';
import { ContainerFault, withFaults } from './container-fault.ts';
import { type Copied, copyIn, copyOut, placeInbox, uploadEvents, watchQuota } from './copy/index.ts';
import { openStop, runStepMom, type Stop } from './step-mom.ts';

export interface ContainerLimits {
  /** Of step-mom, ms. Copying in and out comes on top, each within its own bound. */
  deadlineMs: number;
  /** What it may print. */
  outputBytes: number;
  copy: CopyBounds;
  /** For copying out what a cancelled turn has made, ms. */
  cancelledMs: number;
  /** Between two looks at the folder, ms. */
  lookEveryMs: number;
}

export interface ContainerRunnerDeps {
  container: Container;
  bucket: Bucket;
  /** Before the keys of all agents. */
  root: string;
  gateways: InterceptedDeps;
  upstreams: LlmUpstreams;
  limits: ContainerLimits;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
  /** Given the gateway that answers what the container sends from now on; null: nothing of it is answered. */
  onGateway(gateway: InterceptedGateway | null): void;
  onGatewayEvent(runId: string, event: GatewayEvent): void;
}

/** One turn. */
interface Turn {
  request: TurnRequest;
  container: Container;
  gateway: InterceptedGateway;
  stop: Stop;
}

/** Makes the runner. Its turns must not overlap. */
export function containerRunner(deps: ContainerRunnerDeps): TurnRunner {
  return {
    async runTurn(request, signal) {
      const run = request.input.run_id;
      if (signal.aborted) return { ...NOTHING_USED, outcome: cancelled() };
      const opened = await openInterceptedGateway(
        {
          upstream: deps.upstreams(request.upstream, request.input.agent.owner),
          spending: request.spending,
          egress: request.egress,
          onEvent: (event) => deps.onGatewayEvent(run, event),
        },
        deps.gateways,
      );
      if (!opened.ok) return notBegun(opened);
      const { gateway } = opened;
      const stop = openStop();
      const cancel = () => stop.now('cancelled');
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      const turn: Turn = { request, container: withFaults(deps.container), gateway, stop };
      try {
        deps.onGateway(gateway);
        return await takeTurn(deps, turn);
      } finally {
        signal.removeEventListener('abort', cancel);
        deps.onGateway(null);
        await turn.container
          .destroy()
          .catch((error) => deps.logger.warn('container_not_destroyed', { run, error: String(error) }));
        await gateway.close();
      }
    },
  };
}

/** The turn in a container; one that fails is an outcome, which is tried again. */
async function takeTurn(deps: ContainerRunnerDeps, turn: Turn): Promise<TurnResult> {
  const { container, gateway, stop, request } = turn;
  const run = request.input.run_id;
  try {
    await container.destroy();
    await container.start();
    return await inAgentFolder(
      { logger: deps.logger, run },
      () => openFolder(deps, turn),
      (folder) => runInside(deps, turn, folder),
    );
  } catch (error) {
    if (!(error instanceof ContainerFault)) throw error;
    if (stop.reason === null) deps.logger.warn('container_fault', { run, error: error.message });
    await gateway.close();
    return { ...NOTHING_USED, ...figures(gateway), outcome: stop.reason === null ? crashed() : cancelled() };
  }
}

interface ContainerFolder extends OpenedFolder {
  copied: Copied;
}

/** The agent's folder, copied to `/data`. */
async function openFolder(
  { bucket, root, limits, clock }: ContainerRunnerDeps,
  { container, stop, request }: Turn,
): Promise<ContainerFolder> {
  const { agentId, input } = request;
  const { run_id: runId } = input;
  const prefix = agentPrefix(root, agentId);
  const sessionId = input.session.id;
  const copying = copyIn({ container, bucket, prefix, sessionId, bounds: limits.copy, clock });
  const copied = await beforeStop(stop, copying);
  const everyMs = limits.lookEveryMs;
  const stopEvents = uploadEvents({ container, bucket, prefix, copied, everyMs });
  return {
    isCopy: true,
    copied,
    async close() {
      await stopEvents();
      const withinMs = stop.reason === 'cancelled' ? limits.cancelledMs : limits.copy.withinMs;
      const bounds = { ...limits.copy, withinMs };
      return await copyOut({ container, bucket, prefix, copied, runId, bounds, clock });
    },
  };
}

/** The turn itself, over a folder that is there. */
async function runInside(
  { limits, clock }: ContainerRunnerDeps,
  { container, gateway, stop, request }: Turn,
  { copied }: ContainerFolder,
): Promise<TurnResult> {
  const { input, mostFolderBytes } = request;
  const places = { sessionFile: sessionFile(copied, input.session.id), gatewayUrl: container.gatewayUrl };
  const files = inboxFiles(request, places);
  const { withinMs } = limits.copy;
  await beforeStop(stop, placeInbox({ container, files, folders: ['attachments'], now: clock(), withinMs }));
  const began = clock();
  let detail = '';
  const timer = setTimeout(() => stop.now('deadline'), limits.deadlineMs);
  const endWatch =
    mostFolderBytes === null
      ? null
      : watchQuota({
          container,
          mostBytes: mostFolderBytes,
          everyMs: limits.lookEveryMs,
          stop(reason) {
            detail = reason;
            stop.now('quota');
          },
        });
  try {
    const { runToken } = gateway;
    const end = await runStepMom(container, { runToken, outputBytes: limits.outputBytes, stop });
    const durationMs = clock() - began;
    await gateway.close();
    return { ...figures(gateway), outcome: readOutcome(end, detail), durationMs, folderBytes: null };
  } finally {
    clearTimeout(timer);
    await endWatch?.();
  }
}

function sessionFile(copied: Copied, sessionId: string): string | null {
  for (const path of copied.keys()) {
    const name = /^sessions\/([^/]+)$/.exec(path)?.[1];
    if (name !== undefined && parseSessionFileName(name)?.id === sessionId) return name;
  }
  return null;
}

/** As `work`, unless the turn is stopped first: then it is as if the container had ended. */
function beforeStop<T>(stop: Stop, work: Promise<T>): Promise<T> {
  const stopped = stop.stopped.then(() => {
    throw new ContainerFault('the turn was stopped');
  });
  return Promise.race([work, stopped]);
}

function figures(gateway: InterceptedGateway): Omit<TurnResult, 'outcome' | 'durationMs' | 'folderBytes'> {
  const { requests, firstRequestAt, lastResponseAt } = gateway.timing();
  return {
    usage: gateway.usage(),
    costUsd: usdOf(gateway.cost()),
    llmRequests: requests,
    firstRequestAt,
    lastResponseAt,
  };
}

function cancelled(): TurnOutcome {
  return { ok: false, code: 'sandbox_cancelled', message: '', retry: true };
}

function crashed(): TurnOutcome {
  return { ok: false, code: 'sandbox_crashed', message: 'The container ended.', retry: true };
}
