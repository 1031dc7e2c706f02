/** Step-mom in a container: started as the agent, watched, and its output read within a bound. */
import { byteList, type TurnStop } from '@tinyfat/core';
import type { ProgramEnd } from '../turn/outcome.ts';
import type { Container } from './container.ts';

/** Where Cloudflare puts the authority of intercepted HTTPS once a container runs. */
const AUTHORITY_FILE = '/etc/cloudflare/certs/cloudflare-containers-ca.crt';

/** What ends a program before it does so itself; the first reason counts. */
export interface Stop {
  readonly reason: TurnStop | null;
  /** Resolves at the first reason. */
  readonly stopped: Promise<void>;
  now(reason: TurnStop): void;
}

/** Nothing is stopped yet. */
export function openStop(): Stop {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let reason: TurnStop | null = null;
  return {
    stopped,
    get reason() {
      return reason;
    },
    now(why) {
      reason ??= why;
      resolve();
    },
  };
}

interface StepMomRun {
  runToken: string;
  /** Of what it prints, bytes; more stops it. */
  outputBytes: number;
  stop: Stop;
}

/**
 * Runs it until it ends or is stopped; a stop kills nothing, the caller does. Rejects where the container ends first.
 */
export async function runStepMom(
  container: Container,
  { runToken, outputBytes, stop }: StepMomRun,
): Promise<ProgramEnd> {
  const output = byteList();
  const program = async (): Promise<number> => {
    const { stdout, ended } = await container.exec(
      ['node', '/opt/step-mom/main.js', '--gateway', container.gatewayUrl, '--authority', AUTHORITY_FILE],
      {
        user: 'agent',
        folder: '/data',
        environment: { HOME: '/data', TMPDIR: '/tmp', LANG: 'C.UTF-8', TINYFAT_RUN_TOKEN: runToken },
      },
    );
    const reader = stdout.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (output.length + next.value.length <= outputBytes) output.add(next.value);
      else stop.now('output');
      if (stop.reason !== null) return 0;
    }
    return (await ended).exitCode;
  };
  const running = program();
  const exitCode = await Promise.race([running, stop.stopped.then(() => null)]);
  // What a container that is ended by us makes of it is no fault.
  running.catch(() => undefined);
  const stdout = new TextDecoder().decode(output.join());
  return { exitCode, signal: null, stopped: stop.reason, stdout };
}
