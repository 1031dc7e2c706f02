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

/**
 * The environment of the agent's commands: the given one, with every usual way of naming a proxy. Node uses it
 * from 22.21 on. Addresses of the sandbox itself need no proxy.
 */
export function commandEnvironment(base: Record<string, string>, proxyPort: number): Record<string, string> {
  const proxy = `http://127.0.0.1:${proxyPort}`;
  const direct = 'localhost,127.0.0.1,::1';
  return {
    ...base,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
  };
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
  const local = createLocalBashOperations();
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
