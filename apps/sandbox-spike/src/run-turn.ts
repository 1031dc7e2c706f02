/**
 * One turn in one sandbox over one agent's folder: place the mail, open the gateway, start step-mom, wait until
 * everything inside is dead, take everything away again. Holds no state between turns.
 */
import { chownSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AgentFolders,
  Clock,
  EgressPolicy,
  Sandbox,
  SandboxLimits,
  SandboxResult,
  TokenUsage,
} from '@tinyfat/core';
import { parseSessionFileName, usdOf } from '@tinyfat/core';
import type { GatewayEvent, KeyRefusal, LlmUpstream, OpenGateway, RunMoney } from '@tinyfat/gateway';
import type { StepMomInput } from '@tinyfat/step-mom/contract';
import { type CompileCache, findCache, storeCache } from './compile-cache.ts';
import { gitIdentity } from './git-identity.ts';
import { readOutcome, type TurnOutcome } from './outcome.ts';

/** What the server is set up with, the same for every turn. */
export interface SpikeOptions {
  sandbox: Sandbox;
  openGateway: OpenGateway;
  folders: AgentFolders;
  clock: Clock;
  /** A private folder of ours; runs' folders come and go in it. */
  runtimeFolder: string;
  /** Step-mom's bundle, its compile cache and the platform's skills. */
  programFolder: string;
  cache: CompileCache | null;
  skillsFolder: string;
  limits: SandboxLimits;
  onGatewayEvent(runId: string, event: GatewayEvent): void;
}

/** One turn. `input` lacks only what is found here: the session's file and the attachments' places. */
export interface TurnRequest {
  agentId: string;
  /** Which model answers, and whose key pays; a stored key is opened by the run's gateway. */
  upstream: LlmUpstream;
  /** How it is counted and capped; all that was used is noted when the turn is over. */
  money: RunMoney;
  /** What the agent may reach over the network. */
  egress: EgressPolicy;
  input: Omit<StepMomInput, 'session' | 'email' | 'model'> & {
    session: { id: string };
    model: { id: string; max_tokens?: number };
    email: Omit<StepMomInput['email'], 'attachments'>;
  };
  /** Names are safe and distinct. */
  attachments: {
    filename: string;
    contentType: string;
    detectedType: string | null;
    marks: readonly string[];
    contentId: string | null;
    inline: boolean;
    content: Uint8Array;
  }[];
}

/** The turn did not begin: the stored key that it was to use does not open. */
export interface KeyFailure {
  ok: false;
  code: KeyRefusal['code'];
  message: string;
  retry: false;
}

/** What came of it; `usage` is the gateway's count, which nothing inside can change. */
export interface TurnResult {
  outcome: TurnOutcome | KeyFailure;
  usage: TokenUsage;
  /** What all requests cost, each at the price of the model that it named. */
  costUsd: number;
  llmRequests: number;
  firstRequestAt: number | null;
  lastResponseAt: number | null;
  /** Null when none was started. */
  sandbox: SandboxResult | null;
}

/** Where the gateway is seen inside, by its loopback forwarder. */
const GATEWAY_INSIDE = 'http://127.0.0.1:3128';
const MAX_SESSIONS = 10_000;

/** Gives the function that runs turns; aborting its signal kills the sandbox. */
export function turnRunner(
  options: SpikeOptions,
): (request: TurnRequest, signal: AbortSignal) => Promise<TurnResult> {
  return async (request, signal) => {
    const { run_id: runId, attempt } = request.input;
    const runFolder = join(options.runtimeFolder, `${runId}-${attempt}`);
    const inboxFolder = join(runFolder, 'inbox');
    const attached = await options.folders.attach(request.agentId);
    try {
      // Only we may reach the gateway's socket; inside, the folders are bound one by one.
      await mkdir(runFolder, { mode: 0o700 });
      await mkdir(join(inboxFolder, 'attachments'), { recursive: true, mode: 0o755 });
      await placeInbox(inboxFolder, request, {
        session: await sessionFile(options.folders, request),
        demo: request.upstream.kind === 'demo',
      });
      return await inSandbox(options, { request, signal, runFolder, inboxFolder, dataFolder: attached.path });
    } finally {
      await rm(runFolder, { recursive: true, force: true });
      await attached.detach();
    }
  };
}

async function sessionFile(folders: AgentFolders, request: TurnRequest): Promise<string | null> {
  const files = await folders.list(request.agentId, 'sessions', MAX_SESSIONS);
  const file = files.find(
    (entry) => entry.kind === 'file' && parseSessionFileName(entry.name)?.id === request.input.session.id,
  );
  return file?.name ?? null;
}

async function placeInbox(
  inboxFolder: string,
  request: TurnRequest,
  { session, demo }: { session: string | null; demo: boolean },
): Promise<void> {
  const attachments: StepMomInput['email']['attachments'] = [];
  for (const { filename, content, ...file } of request.attachments) {
    await writeFile(join(inboxFolder, 'attachments', filename), content, { mode: 0o644, flag: 'wx' });
    attachments.push({
      filename,
      content_type: file.contentType,
      detected_type: file.detectedType,
      marks: [...file.marks],
      content_id: file.contentId,
      inline: file.inline,
      size: content.length,
      path: `/inbox/attachments/${filename}`,
    });
  }
  const input: StepMomInput = {
    ...request.input,
    session: { id: request.input.session.id, file: session },
    model: { ...request.input.model, base_url: `${GATEWAY_INSIDE}/anthropic`, demo },
    email: { ...request.input.email, attachments },
  };
  await writeFile(join(inboxFolder, 'gitconfig'), gitIdentity(request.input.agent), { mode: 0o644 });
  await writeFile(join(inboxFolder, 'input.json'), JSON.stringify(input), { mode: 0o644 });
}

async function inSandbox(
  options: SpikeOptions,
  run: {
    request: TurnRequest;
    signal: AbortSignal;
    runFolder: string;
    inboxFolder: string;
    dataFolder: string;
  },
): Promise<TurnResult> {
  const { run_id: runId, attempt } = run.request.input;
  // A unix socket's path is limited to 107 bytes, DATA_DIR is not: by descriptor the path is always short.
  const folderFd = openSync(run.runFolder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const opened = await options.openGateway({
      runId,
      socketPath: `/proc/self/fd/${folderFd}/gateway.sock`,
      upstream: run.request.upstream,
      money: run.request.money,
      egress: run.request.egress,
      onEvent: (event) => options.onGatewayEvent(runId, event),
    });
    if (!opened.ok) return notBegun(opened);
    const { gateway } = opened;
    let result: SandboxResult;
    try {
      const running = options.sandbox.start({
        runId: `${runId}-${attempt}`,
        dataFolder: run.dataFolder,
        inboxFolder: run.inboxFolder,
        platformFolders: {
          '/opt/step-mom': options.programFolder,
          '/opt/skills': options.skillsFolder,
          ...options.cache?.platformFolders,
        },
        gatewaySocket: join(run.runFolder, 'gateway.sock'),
        command: ['node', '/opt/step-mom/main.js', ...(options.cache ? ['--cache', options.cache.path] : [])],
        environment: { TINYFAT_RUN_TOKEN: gateway.runToken },
        limits: options.limits,
      });
      const cancel = () => running.cancel();
      run.signal.addEventListener('abort', cancel, { once: true });
      if (run.signal.aborted) cancel();
      result = await running.finished;
      run.signal.removeEventListener('abort', cancel);
    } finally {
      await gateway.close();
    }
    const timing = gateway.timing();
    return {
      outcome: readOutcome(result),
      usage: gateway.usage(),
      costUsd: usdOf(gateway.cost()),
      llmRequests: timing.requests,
      firstRequestAt: timing.firstRequestAt,
      lastResponseAt: timing.lastResponseAt,
      sandbox: result,
    };
  } finally {
    closeSync(folderFd);
  }
}

function notBegun({ code, reason }: KeyRefusal): TurnResult {
  return {
    outcome: { ok: false, code, message: reason, retry: false },
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    costUsd: 0,
    llmRequests: 0,
    firstRequestAt: null,
    lastResponseAt: null,
    sandbox: null,
  };
}

/** Step-mom runs in the sandbox; or a sentence about what is wrong. */
export type StepMomProbe = { ok: true; cache: CompileCache | null } | { ok: false; reason: string };

/** Runs step-mom once without a mail: shows that the program loads inside, and fills its compile cache where there is none. */
export async function probeStepMom(
  options: Pick<SpikeOptions, 'sandbox' | 'runtimeFolder' | 'programFolder' | 'limits'> & {
    /** Of the data folder, for a server that may not write into the bundle. */
    cacheFolder: string;
    /** Who the sandbox is, where that is not this user. */
    owner: { uid: number; gid: number } | null;
  },
): Promise<StepMomProbe> {
  const places = { ...options, uid: options.owner?.uid ?? process.getuid?.() ?? 0 };
  const folder = join(options.runtimeFolder, 'probe');
  for (const name of ['data', 'inbox', 'cache']) mkdirSync(join(folder, name), { recursive: true });
  if (options.owner) chownSync(join(folder, 'cache'), options.owner.uid, options.owner.gid);
  const cache = findCache(places);
  try {
    const result = await options.sandbox.start({
      runId: 'probe',
      dataFolder: join(folder, 'data'),
      inboxFolder: join(folder, 'inbox'),
      platformFolders: { '/opt/step-mom': options.programFolder, ...cache?.platformFolders },
      writableFolders: cache ? {} : { '/var/cache/step-mom': join(folder, 'cache') },
      command: ['node', '/opt/step-mom/main.js', '--probe', '--cache', cache?.path ?? '/var/cache/step-mom'],
      environment: {},
      limits: { ...options.limits, deadlineMs: 30_000 },
    }).finished;
    if (result.exitCode === 0 && result.stdout.includes('"ok":true')) {
      return { ok: true, cache: cache ?? storeCache(join(folder, 'cache'), places) };
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
