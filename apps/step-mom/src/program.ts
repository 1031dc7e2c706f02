/** All that `main.ts` loads once the compile cache is on. */
export { stepMom } from './step-mom.ts';

/** Variables that the agent's commands inherit; anything else, secrets above all, stays in this process. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TERM'];

/** The part of an environment that the agent's commands may see. */
export function childEnvironment(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Prints the last line of stdout and ends the process: timers or sockets that a library left behind must not
 * keep the sandbox alive.
 */
export function endWith(line: object, exitCode: number): void {
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(exitCode));
}
