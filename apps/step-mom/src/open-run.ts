import { join } from 'node:path';
import type { AgentSession } from '@earendil-works/pi-coding-agent';
import type { StepMomInput } from '@tinyfat/core';
import { type OutboxSnapshot, snapshotOutbox } from './agent-reply.ts';
import { bashTool } from './bash-tool.ts';
import { commandEnvironment } from './command-environment.ts';
import type { EventLog } from './event-log.ts';
import { findSkills } from './find-skills.ts';
import type { Failure } from './llm-failure.ts';
import { notesForAgent } from './own-folders.ts';
import { type ChosenModel, createSession } from './pi-session.ts';
import { programsHere } from './programs-here.ts';
import { watchRefusals } from './refused-connections.ts';
import { type RunHistory, readRunHistory } from './run-history.ts';
import { type OpenSession, openSession } from './session-file.ts';
import { memorySection, readMemory, systemPrompt } from './system-prompt.ts';
import type { Gateway, WayOut } from './way-out.ts';

/** Where a run's things lie, and what it may use. Production paths are in `main.ts`; tests give temp folders. */
export interface StepMomRoots {
  /** The agent's own folder, seen as /data and as the working directory of its tools. */
  dataFolder: string;
  /** Holds `input.json` and `attachments/`; read only. */
  inboxFolder: string;
  /** Skills that the platform gives to every agent. */
  platformSkillsFolder: string;
  gateway: Gateway;
  /** Sent as x-api-key; worth nothing outside this run. */
  runToken: string;
  /** The whole environment of the agent's commands, the way out aside. */
  childEnvironment: Record<string, string>;
  /** Epoch ms of the start of the program: the deadline counts from here. */
  startedAt: number;
}

/** One attempt at a run, with everything that its steps need. */
export interface Run {
  input: StepMomInput;
  /** The agent's folder. */
  dataFolder: string;
  /** Where mails wait to be sent. */
  outbox: string;
  opened: OpenSession;
  session: AgentSession;
  /** Why the last model call that failed did; null while none has. */
  lastFailure: () => Failure | null;
  /** What the session knew of the run when the attempt began. */
  history: RunHistory;
  /** The outbox as it was when the first attempt began. */
  outboxBefore: OutboxSnapshot;
  /** Milliseconds until the deadline. */
  remainingMs: () => number;
  log: EventLog;
  /** A sentence for each thing of the agent's folder that could not be used. */
  notes: string[];
}

/** Events that say so, at most. */
const mostWarnings = 20;

/**
 * Opens the session and makes it ready to be prompted. Throws when the agent's folder can't be written.
 *
 * @param mended - what was the matter with its folders
 */
export async function openRun(
  roots: StepMomRoots,
  input: StepMomInput,
  chosen: ChosenModel,
  wayOut: WayOut,
  log: EventLog,
  mended: readonly string[],
): Promise<Run> {
  const { dataFolder } = roots;
  const outbox = join(dataFolder, 'outbox', 'email');
  const opened = openSession(join(dataFolder, 'sessions'), input.session, dataFolder, new Date());
  const history = readRunHistory(opened.manager, input.run_id);
  const remainingMs = () => roots.startedAt + input.limits.deadline_ms - Date.now();
  const environment = commandEnvironment(roots.childEnvironment, {
    dataFolder,
    inboxFolder: roots.inboxFolder,
    wayOut: wayOut.environment,
  });
  const memory = readMemory(dataFolder);
  const skills = findSkills(join(dataFolder, 'skills'), '/data/skills');
  const notes = [
    ...mended,
    ...[memory.leftOut, opened.leftOut].filter((note) => note !== null),
    ...skills.leftOut,
  ];
  for (const message of notes.slice(0, mostWarnings)) log.write({ type: 'warning', message });
  const { session, lastFailure } = await createSession({
    ...chosen,
    cwd: dataFolder,
    manager: opened.manager,
    systemPrompt: systemPrompt(input.agent, programsHere(environment.PATH ?? '')),
    memory: `${memorySection(memory.text)}${notesForAgent(notes)}`,
    skillPaths: [...skills.files, roots.platformSkillsFolder],
    bash: bashTool(
      dataFolder,
      environment,
      input.limits.deadline_ms,
      remainingMs,
      watchRefusals(wayOut.gatewayUrl, log),
    ),
    limits: input.limits,
  });
  const outboxBefore = history.outboxBefore ?? snapshotOutbox(outbox);
  return {
    input,
    dataFolder,
    outbox,
    opened,
    session,
    lastFailure,
    history,
    outboxBefore,
    remainingMs,
    log,
    notes,
  };
}
