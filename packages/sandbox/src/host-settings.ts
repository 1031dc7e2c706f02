/** Settings of the host that can make bubblewrap fail; read when it failed. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import type { BwrapProgram, HostSettings } from './explain-failure.ts';
import { textOf } from './look.ts';

/** Reads it; `bwrap` is the path of the program, null where none was started. Changes nothing. */
export function readSettings(bwrap: string | null): HostSettings {
  const setting = (name: string) => textOf(`/proc/sys/${name}`).trim();
  return {
    root: process.getuid?.() === 0,
    appArmorRestricts: setting('kernel/apparmor_restrict_unprivileged_userns') === '1',
    cloneForbidden: setting('kernel/unprivileged_userns_clone') === '0',
    namespacesAtMost: Number(setting('user/max_user_namespaces') || Number.POSITIVE_INFINITY),
    container: ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'].some((path) =>
      existsSync(path),
    ),
    seccomp: /^Seccomp:\s*[12]$/m.test(textOf('/proc/self/status')),
    appArmorProfile: confinedBy(textOf('/proc/self/attr/apparmor/current')),
    bwrap: bwrap === null ? null : look(bwrap),
  };
}

/** `docker-default (enforce)` gives `docker-default`; `unconfined`, and a kernel without AppArmor, null. */
function confinedBy(label: string): string | null {
  const [, profile] = /^(.+) \((?:enforce|kill)\)$/.exec(label.replace(/[\0\n]+$/, '')) ?? [];
  return profile ?? null;
}

function look(path: string): BwrapProgram {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 2000, env: {} });
  return {
    path,
    setuid: ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o4000) !== 0,
    version: /\d+(?:\.\d+)+/.exec(stdout ?? '')?.[0] ?? null,
  };
}
