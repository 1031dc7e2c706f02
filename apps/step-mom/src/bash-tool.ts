import { existsSync } from 'node:fs';
import {
  createBashToolDefinition,
  createLocalBashOperations,
  type ToolDefinition,
} from '@earendil-works/pi-coding-agent';

/** Left of the deadline after the longest command, so that the agent can still say what happened. */
const reserveShare = 0.2;
const longestReserveMs = 30_000;

/**
 * The longest a command may run, in seconds: what it asked for, but never into the reserve at the end of the
 * turn. At least one second.
 *
 * @param remainingMs - until the turn's deadline
 */
export function commandTimeoutSeconds(
  asked: number | undefined,
  remainingMs: number,
  deadlineMs: number,
): number {
  const reserve = Math.min(longestReserveMs, deadlineMs * reserveShare);
  const longest = Math.max(1, Math.floor((remainingMs - reserve) / 1000));
  return asked === undefined ? longest : Math.min(asked, longest);
}

/** By its path: what is called bash in the agent's own PATH is the agent's. */
function shell(): string {
  return existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
}

/**
 * pi's bash tool with an environment of our making (nothing of this process's own gets through) and a timeout
 * for every command. Its type is pi's widest: a tool definition is used, never taken apart.
 *
 * @param remainingMs - milliseconds until the turn's deadline, asked at each command
 * @param afterCommand - gives what is added to the output of a command that has ended
 */
export function bashTool(
  cwd: string,
  environment: Record<string, string>,
  deadlineMs: number,
  remainingMs: () => number,
  afterCommand: () => Promise<string>,
): ToolDefinition {
  const local = createLocalBashOperations({ shellPath: shell() });
  const {
    renderCall: _call,
    renderResult: _result,
    ...definition
  } = createBashToolDefinition(cwd, {
    exposeSessionEnvironment: false,
    spawnHook: ({ command, cwd: folder }) => ({ command, cwd: folder, env: { ...environment } }),
    operations: {
      async exec(command, folder, options) {
        const timeout = commandTimeoutSeconds(options.timeout, remainingMs(), deadlineMs);
        try {
          return await local.exec(command, folder, { ...options, timeout });
        } finally {
          const added = options.signal?.aborted ? '' : await afterCommand();
          if (added !== '') options.onData(Buffer.from(`${added}\n`));
        }
      },
    },
  });
  return definition;
}
