/** Does a real sandbox run here, and what limits it? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '@tinyfat/sandbox';
import { bubblewrap, likelyCgroups } from '@tinyfat/sandbox';
import { broken, type Check, note, type Observation, ok, wordsOf } from './finding.ts';

interface SandboxDeps {
  /** Makes the sandbox over a scratch folder; bubblewrap by default. */
  make?(runtimeFolder: string): Pick<Sandbox, 'probe'>;
  /** Whether a server would find a place for cgroups. */
  cgroups?(): boolean;
}

/** Runs a sandbox in a temporary folder, without making a cgroup. */
export function sandboxCheck(deps: SandboxDeps = {}): Check {
  const { make = makeSandbox, cgroups = likelyCgroups } = deps;
  return {
    name: 'sandbox',
    async look() {
      const probed = await probe(make);
      return probed.state === 'ok' ? [probed, { ...limits(cgroups()), check: 'limits' }] : probed;
    },
  };
}

function makeSandbox(runtimeFolder: string): Sandbox {
  return bubblewrap({ nodeBinary: process.execPath, runtimeFolder, cgroups: null });
}

async function probe(make: (runtimeFolder: string) => Pick<Sandbox, 'probe'>): Promise<Observation> {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-doctor-'));
  } catch (error) {
    const mend = `Let this user write to ${tmpdir()}, or set TMPDIR.`;
    return broken(`not tried, for want of a scratch folder: ${wordsOf(error)}`, mend);
  }
  try {
    const result = await make(folder).probe();
    // `limits` says what limits a run: no cgroup was made for the probe.
    if (result.ok) return ok(result.detail.replace(/, limits by .*$/, ''));
    return broken(result.reason, ...mendOf(result.fix));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The probe names a sentence, or a line for a shell that may end in a remark. */
function mendOf(fix: string): [mend: string | null, run: string | null] {
  if (!/^(sudo|apt-get|echo|bwrap|findmnt) /.test(fix))
    return [`${fix[0]?.toUpperCase()}${fix.slice(1)}.`, null];
  const [line = fix, remark] = fix.split(/\s+# /);
  return [remark === undefined ? null : `This ${remark}:`, line];
}

function limits(cgroups: boolean): Observation {
  if (cgroups) return ok('memory, processes and cores by cgroup v2');
  return note(
    'a watchdog counts memory and processes, nothing limits cores (no cgroup v2)',
    'On a machine with cgroup v2, a server under systemd with Delegate=yes has a cgroup of its own, which this shell has not.',
  );
}
