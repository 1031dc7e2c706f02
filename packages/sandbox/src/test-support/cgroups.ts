/** Cgroups that hold and end what is in them, and limit nothing: for machines whose controllers are not given to us. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { cgroupPlace } from '../cgroup/run-cgroup.ts';
import type { FindCgroupPlace } from '../host.ts';

/** Where version 2 is mounted and we may make folders; null where it is not. */
export function writableCgroupFolder(): string | null {
  const mount = readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ (\S+) cgroup2 /m)?.[1];
  if (mount === undefined) return null;
  try {
    accessSync(mount, constants.W_OK);
    return mount;
  } catch {
    return null;
  }
}

export function cgroupsBelow(parent: string): FindCgroupPlace {
  return async (record) => {
    record.willUse(parent);
    return cgroupPlace(parent, new Set());
  };
}
