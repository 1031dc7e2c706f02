/**
 * The chain of programs of one run, each replacing the one before:
 *
 *   prlimit → bwrap ─┬─ pid 1 inside
 *                    └─ setpriv (root only) → sh (the gate) → prlimit (without cgroup) → the program
 *
 * The gate holds the program back until nothing can outlive us: bubblewrap ties its pid 1 to its own life only
 * late, so a server killed before that would leave a run behind. The gate says `ready` and starts the program
 * only when the host, having seen that tie and moved both into the run's cgroup, answers `go`; the end of the
 * pipe is a no.
 */
import type { SandboxLimits } from './contract.ts';
import type { Host } from './host.ts';
import { limitOptions, limitOptionsInside } from './resource-limits.ts';

/** Descriptors that bubblewrap and the gate are given. */
export const descriptors = { gate: 3, options: 4, filter: 5 } as const;

const SPARE_PROCESSES = 64;

const CLOSE_ALL = `for f in /proc/self/fd/*; do n=\${f##*/}
if [ "$n" -gt 2 ] && [ -e "$f" ]; then eval "exec $n>&-"; fi; done
unset f n; exec env -u _ -u SHLVL -u PWD -u OLDPWD -- "$@"`;

/** $1 is the script that closes strangers: descriptors that we were started with, which sh can't close above 9. */
const GATE = `close=$1; shift; strange=
echo ready >&${descriptors.gate}
read -r answer <&${descriptors.gate} && [ "$answer" = go ] || exit 125
exec ${descriptors.gate}>&-
for f in /proc/self/fd/*; do
  case \${f##*/} in 0|1|2) ;; *) if [ -e "$f" ]; then strange=1; fi ;; esac
done
unset answer f PWD OLDPWD
[ -z "$strange" ] || exec bash -c "$close" bash "$@"
unset close strange
exec "$@"`;

/** The whole command line, to be started with an empty environment. `hasCgroup`: one limits memory and processes. */
export function commandLine(
  host: Host,
  limits: SandboxLimits,
  hasCgroup: boolean,
  command: readonly string[],
): string[] {
  const { programs, inside, highestAllowed } = host;
  const { uid, gid, root } = inside;
  // With root all runs share one uid, whose processes the kernel counts together. Even a single run can pass its own limit
  // by some, so that the watchdog sees it; but no run can fill the machine.
  const processesOfAllRuns = root ? limits.processes * host.runsAtOnce + SPARE_PROCESSES : null;
  const countsInside = !hasCgroup && !root && host.processesCountedInside;
  return [
    programs.prlimit,
    ...limitOptions(limits, highestAllowed, { byCgroup: hasCgroup, processesOfAllRuns }),
    ...['--', programs.bwrap],
    ...['--args', String(descriptors.options)],
    ...['--seccomp', String(descriptors.filter), '--'],
    ...(root ? [programs.setpriv, '--reuid', String(uid), '--regid', String(gid)] : []),
    ...(root ? ['--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'] : []),
    ...['/bin/sh', '-c', GATE, 'sh', CLOSE_ALL],
    ...(countsInside ? [programs.prlimit, ...limitOptionsInside(limits, highestAllowed), '--'] : []),
    ...command,
  ];
}
