/** Does a sandbox really work here? If not: why, and the one line that mends it. */
import { chownSync, constants, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sandbox, SandboxProbe, SandboxResult } from './contract.ts';
import { explainFailure, PROGRAM_ENDED } from './explain-failure.ts';
import type { Host, Missing } from './host.ts';
import { readSettings } from './host-settings.ts';
import { mayUse } from './look.ts';

const LIMITS = {
  deadlineMs: 20_000,
  memoryBytes: 512 << 20,
  processes: 64,
  cpuSeconds: 10,
  cpus: 1,
  fileBytes: 1 << 20,
  openFiles: 256,
  temporaryBytes: 1 << 20,
  outputBytes: 16 << 10,
};

/** What the program inside checks: the host's Node runs, not as root, with a writable /data. */
const PROGRAM = `require('node:fs').writeFileSync('/data/written', 'x');
console.log(process.getuid() === 0 ? 'root' : 'isolated')`;

/** Runs one sandbox on empty folders. */
export async function probeHost(
  preparing: Promise<Host | Missing>,
  start: Sandbox['start'],
): Promise<SandboxProbe> {
  let bwrap: string | null = null;
  try {
    const host = await preparing;
    if ('missing' in host) return refuse(`${host.missing} is missing`, installLine(host.package));
    bwrap = host.programs.bwrap;
    const { prlimit, setpriv } = host.programs;
    const needed = [bwrap, prlimit, ...(host.inside.root ? [setpriv] : [])];
    const notExecutable = needed.find((program) => !mayUse(program, constants.X_OK));
    if (notExecutable !== undefined) return explainClosed(notExecutable);
    return unsafe(host) ?? judge(host, await runProgram(host, start));
  } catch (error) {
    return explainFailure(error instanceof Error ? error.message : String(error), readSettings(bwrap));
  }
}

async function runProgram(host: Host, start: Sandbox['start']): Promise<SandboxResult> {
  const folder = host.record.scratchFolder();
  try {
    const dataFolder = join(folder, 'data');
    const inboxFolder = join(folder, 'inbox');
    for (const path of [dataFolder, inboxFolder]) mkdirSync(path);
    if (host.inside.root) chownSync(dataFolder, host.inside.uid, host.inside.gid);
    return await start({
      runId: 'probe',
      dataFolder,
      inboxFolder,
      platformFolders: {},
      command: ['node', '-e', PROGRAM],
      environment: {},
      limits: LIMITS,
    }).finished;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(host: Host, result: SandboxResult): SandboxProbe {
  if (result.exitCode === 0 && result.stdout === 'isolated\n') {
    const who = host.inside.root ? `uid ${host.inside.uid}` : 'a user namespace';
    const limits = host.cgroups === null ? 'a watchdog' : 'cgroup v2';
    return { ok: true, detail: `bubblewrap with ${who}, limits by ${limits}` };
  }
  const end = result.stopped ?? result.signal ?? `exit code ${result.exitCode}`;
  const said = result.stderr.trim() || result.stdout.trim();
  return explainFailure(`${PROGRAM_ENDED} ${end}: ${said}`, readSettings(host.programs.bwrap));
}

/** A program that is there and may not be run by us. */
function explainClosed(program: string): SandboxProbe {
  const mode = statSync(program).mode & 0o7777;
  const octal = mode.toString(8).padStart(4, '0');
  // Root may execute what anybody may, so for root bits of any kind are enough.
  if ((mode & (process.getuid?.() === 0 ? 0o111 : 0o001)) === 0)
    return refuse(
      `${program} can not be executed by this user (its mode is ${octal})`,
      `sudo chmod 755 ${program}`,
    );
  return refuse(
    `${program} can not be executed, though its mode (${octal}) allows it: its file system is mounted noexec, or an access list or security module forbids it`,
    `findmnt -no OPTIONS -T ${dirname(program)}   # noexec must not be there`,
  );
}

/** Things that would work and yet not isolate. */
function unsafe(host: Host): SandboxProbe | null {
  const { bwrap } = host.programs;
  // /proc/1/exe inside leads to this very file: its owner could change its mode from inside.
  if (!host.inside.root && statSync(bwrap).uid === host.inside.uid)
    return refuse(`${bwrap} belongs to the user that the server runs as`, `sudo chown root:root ${bwrap}`);
  if (!existsSync(`/proc/self/task/${process.pid}/children`))
    return refuse(
      'the kernel does not list the children of a process (CONFIG_PROC_CHILDREN)',
      'run the server on a kernel with CONFIG_PROC_CHILDREN, which those of the distributions have',
    );
  return null;
}

function installLine(name: string | null): string {
  if (name === null) return 'run the server on a Linux machine';
  return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y ${name}`;
}

const refuse = (reason: string, fix: string): SandboxProbe => ({ ok: false, reason, fix });
