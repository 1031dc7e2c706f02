/** Does a real sandbox run here, and what limits it? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '@tinyfat/core';
import { bubblewrap, likelyCgroups } from '@tinyfat/sandbox';
import { broken, type Check, type Finding, note, ok, wordsOf } from './finding.ts';

export interface SandboxParts {
  /** Makes the sandbox over a scratch folder; bubblewrap by default. */
  make?(runtimeFolder: string): Pick<Sandbox, 'probe'>;
  /** Whether a server would find a place for cgroups. */
  cgroups?(): boolean;
}

/** Runs one, in a scratch folder of the system that is gone afterwards, and without making a cgroup. */
export function sandboxCheck(parts: SandboxParts = {}): Check {
  const { make = makeSandbox, cgroups = likelyCgroups } = parts;
  return {
    name: 'sandbox',
    async look() {
      const probed = await probe(make);
      return probed.state === 'ok' ? [probed, limits(cgroups())] : probed;
    },
  };
}

function makeSandbox(runtimeFolder: string): Sandbox {
  return bubblewrap({ nodeBinary: process.execPath, runtimeFolder, cgroups: null });
}

async function probe(make: (runtimeFolder: string) => Pick<Sandbox, 'probe'>): Promise<Finding> {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-doctor-'));
  } catch (error) {
    const mend = `Let this user write to ${tmpdir()}, or set TMPDIR.`;
    return broken('sandbox', `not tried, for want of a scratch folder: ${wordsOf(error)}`, mend);
  }
  try {
    const result = await make(folder).probe();
    // What limits a run is said apart: no cgroup was made for this one.
    if (result.ok) return ok('sandbox', result.detail.replace(/, limits by .*$/, ''));
    return broken('sandbox', result.reason, ...mendOf(result.fix));
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

function limits(cgroups: boolean): Finding {
  if (cgroups) return ok('limits', 'memory, processes and cores by cgroup v2');
  return note(
    'limits',
    'a watchdog counts memory and processes, nothing limits cores (no cgroup v2)',
    'On a machine with cgroup v2, a server under systemd with Delegate=yes has a cgroup of its own, which this shell has not.',
  );
}
