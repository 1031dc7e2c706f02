/** A fixture with an agent's folders, and a way to run hostile scripts in it. */
import { join } from 'node:path';
import type { RunningSandbox, SandboxLimits, SandboxRequest, SandboxResult } from '../contract.ts';
import type { Fixture, Mode } from './modes.ts';

export interface HostileRun extends Fixture {
  data: string;
  inbox: string;
  start(command: string[], more?: Partial<SandboxRequest>): RunningSandbox;
  bash(script: string, more?: Partial<SandboxRequest>): Promise<SandboxResult>;
  node(program: string, more?: Partial<SandboxRequest>): Promise<SandboxResult>;
}

const limits: SandboxLimits = {
  deadlineMs: 20_000,
  memoryBytes: 512 << 20,
  processes: 64,
  cpuSeconds: 20,
  cpus: 2,
  fileBytes: 64 << 20,
  openFiles: 256,
  temporaryBytes: 8 << 20,
  outputBytes: 1 << 20,
};

/** The limits of these tests, some of them changed. */
export function limited(changed: Partial<SandboxLimits>): { limits: SandboxLimits } {
  return { limits: { ...limits, ...changed } };
}

export async function hostileRun(mode: Mode): Promise<HostileRun> {
  const fixture = await mode.make();
  const data = await fixture.folder();
  const inbox = await fixture.folder();
  const start = (command: string[], more: Partial<SandboxRequest> = {}) =>
    fixture.sandbox.start({
      runId: 'hostile',
      dataFolder: data,
      inboxFolder: inbox,
      platformFolders: {},
      command,
      environment: {},
      limits,
      ...more,
    });
  return {
    ...fixture,
    data,
    inbox,
    start,
    bash: (script, more) => start(['bash', '-c', script], more).finished,
    node: (program, more) => start(['node', '-e', program], more).finished,
  };
}

/** A host path below the fixture that is not given to the run. */
export const neighbour = (run: HostileRun) => join(run.root, 'neighbour');
