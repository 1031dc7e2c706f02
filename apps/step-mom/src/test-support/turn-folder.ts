import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboxAttachment, StepMomInput, StepMomOutcome } from '@tinyfat/core';
import type { RunEvent } from '../contract.ts';
import type { StepMomRoots } from '../open-run.ts';
import { stepMom } from '../step-mom.ts';

export const runId = '01990000-0000-7000-8000-00000000aaaa';
export const sessionId = '01990000-0000-7000-8000-beef00000001';

/** Fields of an input that a test wants different, nested ones too. */
export interface InputChanges {
  attempt?: number;
  run_id?: string;
  session?: StepMomInput['session'];
  model?: Partial<StepMomInput['model']>;
  task?: StepMomInput['task'];
  email?: Partial<StepMomInput['email']>;
  folder?: StepMomInput['folder'];
  limits?: Partial<StepMomInput['limits']>;
}

/** An agent's folder and an inbox below one temporary folder. */
export interface TurnFolder {
  root: string;
  data: string;
  inbox: string;
  outbox: string;
  roots: StepMomRoots & { gateway: { socketPath: string } };
  writeInput(changes?: InputChanges): StepMomInput;
  /** Writes the input and takes the turn in this process. */
  take(changes?: InputChanges): Promise<StepMomOutcome>;
  /** The parsed reply file of the run; null when there is none. */
  reply(run?: string): { body: string; log: string; status: string } | null;
  /** Takes the reply file away, as if the process had died before it was written. */
  removeReply(): void;
  /** Lines of the session's file. */
  sessionLines(): string[];
  sessionPath(): string;
  events(): RunEvent[];
  remove(): void;
}

/** Makes the folders; `baseUrl` is where the Messages API is. */
export function makeTurnFolder(baseUrl: string): TurnFolder {
  const root = mkdtempSync(join(tmpdir(), 'step-mom-'));
  const data = join(root, 'data');
  const inbox = join(root, 'inbox');
  const outbox = join(data, 'outbox', 'email');
  for (const folder of [join(data, 'sessions'), outbox, join(inbox, 'attachments')]) {
    mkdirSync(folder, { recursive: true });
  }
  const roots = (): TurnFolder['roots'] => ({
    dataFolder: data,
    inboxFolder: inbox,
    platformSkillsFolder: join(root, 'skills'),
    gateway: { socketPath: join(root, 'gateway.sock'), port: 0 },
    runToken: 'run-token-of-this-test',
    childEnvironment: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: data },
    startedAt: Date.now(),
  });
  const writeInput = (changes: InputChanges = {}) => {
    const input = makeInput(baseUrl, changes);
    writeFileSync(join(inbox, 'input.json'), JSON.stringify(input));
    return input;
  };
  const sessionPath = () => {
    const [file] = readdirSync(join(data, 'sessions')).filter((name) => name.endsWith('.jsonl'));
    if (file === undefined) throw new Error('there is no session');
    return join(data, 'sessions', file);
  };
  return {
    root,
    data,
    inbox,
    outbox,
    get roots() {
      return roots();
    },
    writeInput,
    take(changes) {
      writeInput(changes);
      return stepMom(roots());
    },
    reply(run = runId) {
      try {
        return JSON.parse(readFileSync(join(outbox, `${run}.json`), 'utf8'));
      } catch {
        return null;
      }
    },
    removeReply: () => rmSync(join(outbox, `${runId}.json`)),
    sessionPath,
    sessionLines: () => readFileSync(sessionPath(), 'utf8').split('\n').filter(Boolean),
    events: () =>
      readdirSync(join(data, 'events'))
        .sort()
        .flatMap((name) => readFileSync(join(data, 'events', name), 'utf8').split('\n'))
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A complete input of a small mail, with the changes that a test wants. */
export function makeInput(baseUrl: string, changes: InputChanges = {}): StepMomInput {
  return {
    version: 1,
    run_id: changes.run_id ?? runId,
    attempt: changes.attempt ?? 1,
    agent: { id: 'agent-1', name: 'otto', address: 'otto@example.org', owner: 'olga@example.org' },
    session: changes.session ?? { id: sessionId, file: null },
    model: { id: 'claude-haiku-4-5', base_url: baseUrl, ...changes.model },
    task: changes.task ?? { kind: 'turn' },
    email: {
      message_id: '<one@example.com>',
      in_reply_to: null,
      references: [],
      from: { address: 'ann@example.com', name: 'Ann' },
      authentication: 'DMARC passed',
      to: [{ address: 'otto@example.org', name: '' }],
      cc: [],
      subject: 'Numbers',
      date: '2026-01-02T03:04:05.000Z',
      text: 'Please add 2 and 3.',
      quoted: '',
      forwarded: '',
      hidden_text: false,
      attachments: [],
      ...changes.email,
    },
    ...(changes.folder ? { folder: changes.folder } : {}),
    limits: {
      deadline_ms: 60_000,
      stall_ms: 30_000,
      retry_base_ms: 1,
      llm_retries: 0,
      event_output_chars: 2_000,
      ...changes.limits,
    },
  };
}

/** An attachment of which nothing is known but what a test says. */
export function makeAttachment(fields: Partial<InboxAttachment>): InboxAttachment {
  return {
    filename: 'a.bin',
    content_type: 'application/octet-stream',
    detected_type: null,
    marks: [],
    content_id: null,
    inline: false,
    size: 100,
    path: '/inbox/attachments/a.bin',
    ...fields,
  };
}
