/**
 * The `TurnRunner` of this machine: one turn in one sandbox over one agent's folder. It places the mail, opens the gateway,
 * starts step-mom, waits until everything inside is dead, and removes what it made. Holds no state between turns.
 */
import { chownSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  faultBarrier,
  type Logger,
  type TurnRequest,
  type TurnResult,
  type TurnRunner,
  usdOf,
} from '@tinyfat/core';
import type { GatewayEvent } from '@tinyfat/gateway';
import type { Gateways } from '@tinyfat/gateway/node';
import type { Sandbox, SandboxLimits, SandboxResult } from '@tinyfat/sandbox';
import type { FolderThread, TurnFolder, TurnFolders } from '@tinyfat/storage/node';
import type { LlmUpstreams } from '../keys/llm-upstreams.ts';
import { inAgentFolder } from '../turn/agent-folder.ts';
import { inboxFiles } from '../turn/inbox.ts';
import { notBegun, readOutcome } from '../turn/outcome.ts';
import { sessionFileIn } from '../turn/session-file.ts';
import { type CompileCache, findCache, storeCache } from './compile-cache.ts';
import { freeBytes, LOOK_EVERY_MS, watchFolder } from './watch-folder.ts';

export interface LocalRunnerDeps {
  sandbox: Sandbox;
  gateways: Pick<Gateways, 'open'>;
  upstreams: LlmUpstreams;
  folders: TurnFolders;
  /** A private folder of ours; runs' folders come and go in it. */
  runtimeFolder: string;
  /** Step-mom's bundle, its compile cache and the platform's skills. */
  programFolder: string;
  cache: CompileCache | null;
  skillsFolder: string;
  limits: SandboxLimits;
  /** Walks agents' folders: how much they hold, and that it is durable. */
  folderThread: Pick<FolderThread, 'measure' | 'makeDurable'>;
  logger: Pick<Logger, 'warn'>;
  onGatewayEvent(runId: string, event: GatewayEvent): void;
}

/** Where the gateway is seen inside, by its loopback forwarder. */
const GATEWAY_INSIDE = 'http://127.0.0.1:3128';
/** Makes the runner. */
export function localRunner(deps: LocalRunnerDeps): TurnRunner {
  return {
    async runTurn(request, signal) {
      const { run_id: runId, attempt } = request.input;
      const runFolder = join(deps.runtimeFolder, `${runId}-${attempt}`);
      const inboxFolder = join(runFolder, 'inbox');
      const place = join(runFolder, 'data');
      try {
        // Only we may reach the gateway's socket; inside, the folders are bound one by one.
        await mkdir(runFolder, { mode: 0o700 });
        await mkdir(join(inboxFolder, 'attachments'), { recursive: true, mode: 0o755 });
        const open = () =>
          deps.folders.open(request.agentId, {
            runId,
            sessionId: request.input.session.id,
            place,
            forMs: deps.limits.deadlineMs,
          });
        return await inAgentFolder({ logger: deps.logger, run: runId }, open, async (folder) => {
          await placeInbox(inboxFolder, request, await sessionFileIn(folder, request.input.session.id));
          return await inSandbox(deps, { request, signal, runFolder, inboxFolder, folder });
        });
      } finally {
        await rm(runFolder, { recursive: true, force: true });
      }
    },
  };
}

async function placeInbox(inboxFolder: string, request: TurnRequest, session: string | null): Promise<void> {
  const places = { sessionFile: session, gatewayUrl: GATEWAY_INSIDE };
  for (const { path, content } of inboxFiles(request, places)) {
    await writeFile(join(inboxFolder, path), content, { mode: 0o644, flag: 'wx' });
  }
}

async function inSandbox(
  deps: LocalRunnerDeps,
  run: {
    request: TurnRequest;
    signal: AbortSignal;
    runFolder: string;
    inboxFolder: string;
    folder: TurnFolder;
  },
): Promise<TurnResult> {
  const { run_id: runId, attempt } = run.request.input;
  // A unix socket's path is limited to 107 bytes, DATA_DIR is not: by descriptor the path is always short.
  const folderFd = openSync(run.runFolder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const opened = await deps.gateways.open({
      runId,
      socketPath: `/proc/self/fd/${folderFd}/gateway.sock`,
      upstream: deps.upstreams(run.request.upstream, run.request.input.agent.owner),
      spending: run.request.spending,
      egress: run.request.egress,
      onEvent: (event) => deps.onGatewayEvent(runId, event),
    });
    if (!opened.ok) return notBegun(opened);
    const { gateway } = opened;
    let result: SandboxResult;
    let left: Promise<number | null>;
    let halted = '';
    const began = { clock: Date.now(), timer: performance.now() };
    try {
      const running = deps.sandbox.start({
        runId: `${runId}-${attempt}`,
        dataFolder: run.folder.path,
        inboxFolder: run.inboxFolder,
        platformFolders: {
          '/opt/step-mom': deps.programFolder,
          '/opt/skills': deps.skillsFolder,
          ...deps.cache?.platformFolders,
        },
        gatewaySocket: join(run.runFolder, 'gateway.sock'),
        command: ['node', '/opt/step-mom/main.js', ...(deps.cache ? ['--cache', deps.cache.path] : [])],
        environment: { TINYFAT_RUN_TOKEN: gateway.runToken },
        limits: deps.limits,
      });
      const cancel = () => running.cancel();
      run.signal.addEventListener('abort', cancel, { once: true });
      if (run.signal.aborted) cancel();
      const watch = watchFor(deps, run, (reason) => {
        halted = reason;
        running.cancel('quota');
      });
      try {
        result = await running.finished;
      } finally {
        watch?.end();
        run.signal.removeEventListener('abort', cancel);
      }
      left = leaveDurable(deps, run, began);
    } finally {
      await gateway.close();
    }
    const folderBytes = await left;
    const timing = gateway.timing();
    return {
      outcome: readOutcome(result, halted),
      usage: gateway.usage(),
      costUsd: usdOf(gateway.cost()),
      llmRequests: timing.requests,
      firstRequestAt: timing.firstRequestAt,
      lastResponseAt: timing.lastResponseAt,
      durationMs: result.durationMs,
      folderBytes,
    };
  } finally {
    closeSync(folderFd);
  }
}

/** A watch that fails, for example because the folder was taken away, ends the turn no more than that it is logged. */
function watchFor(
  deps: LocalRunnerDeps,
  { request, folder }: { request: TurnRequest; folder: TurnFolder },
  stop: (reason: string) => void,
) {
  if (request.mostFolderBytes === null) return null;
  const run = request.input.run_id;
  const guard = faultBarrier((error) =>
    deps.logger.warn('folder_not_watched', { run, error: String(error) }),
  );
  const watching = { thread: deps.folderThread, freeBytes, lookEveryMs: LOOK_EVERY_MS };
  return watchFolder(watching, { path: folder.path, mostBytes: request.mostFolderBytes }, stop, guard);
}

/**
 * What the turn wrote survives a power cut from here on, before any reply is on record. A disk that fails at this keeps no
 * reply back: the log says so. Gives what the folder holds, null where that was not counted. Never rejects.
 */
async function leaveDurable(
  { folderThread, logger }: LocalRunnerDeps,
  { request, folder }: { request: TurnRequest; folder: TurnFolder },
  began: { clock: number; timer: number },
): Promise<number | null> {
  // It goes as soon as it was brought back.
  if (folder.isCopy) return null;
  // Of a clock that was set back meanwhile the earlier time counts.
  const since = Math.min(began.clock, Date.now() - (performance.now() - began.timer));
  try {
    const { whole, bytes } = await folderThread.makeDurable(folder.path, since);
    return whole ? bytes : null;
  } catch (error) {
    logger.warn('folder_not_durable', { run: request.input.run_id, error: String(error) });
    return null;
  }
}

/** Step-mom runs in the sandbox; or a sentence about what is wrong. */
type StepMomProbe = { ok: true; cache: CompileCache | null } | { ok: false; reason: string };

/**
 * Runs step-mom once without a mail: shows that the program loads inside, and fills its compile cache. Where this bundle
 * has one for this Node and user, it was loaded before, and nothing is run.
 */
export async function probeStepMom(
  deps: Pick<LocalRunnerDeps, 'sandbox' | 'runtimeFolder' | 'programFolder' | 'limits'> & {
    /** Of the data folder, for a server that may not write into the bundle. */
    cacheFolder: string;
    /** Who the sandbox is, where that is not this user. */
    owner: { uid: number; gid: number } | null;
    /** No other server uses the data folder. */
    alone: boolean;
  },
): Promise<StepMomProbe> {
  const places = { ...deps, uid: deps.owner?.uid ?? process.getuid?.() ?? 0 };
  const found = findCache(places);
  if (found) return { ok: true, cache: found };
  const folder = join(deps.runtimeFolder, 'probe');
  for (const name of ['data', 'inbox', 'cache']) mkdirSync(join(folder, name), { recursive: true });
  if (deps.owner) chownSync(join(folder, 'cache'), deps.owner.uid, deps.owner.gid);
  try {
    const result = await deps.sandbox.start({
      runId: 'probe',
      dataFolder: join(folder, 'data'),
      inboxFolder: join(folder, 'inbox'),
      platformFolders: { '/opt/step-mom': deps.programFolder },
      writableFolders: { '/var/cache/step-mom': join(folder, 'cache') },
      command: ['node', '/opt/step-mom/main.js', '--probe', '--cache', '/var/cache/step-mom'],
      environment: {},
      limits: { ...deps.limits, deadlineMs: 30_000 },
    }).finished;
    if (result.exitCode === 0 && result.stdout.includes('"ok":true')) {
      return { ok: true, cache: storeCache(join(folder, 'cache'), places) };
    }
    const end = result.stopped ?? `exit ${result.exitCode}`;
    return {
      ok: false,
      reason: `step-mom does not run in the sandbox (${end}): ${result.stderr.slice(0, 500)}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
