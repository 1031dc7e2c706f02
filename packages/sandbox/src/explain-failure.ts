/** From bubblewrap's words and the kernel's settings to a reason and the line that mends it. */
import type { SandboxProbe } from './contract.ts';

/** Settings of the host that forbid namespaces or make bubblewrap fail (user_namespaces(7), seccomp(2), apparmor(7)). */
export interface HostSettings {
  root: boolean;
  /** kernel.apparmor_restrict_unprivileged_userns=1 (Ubuntu 24.04 and later). */
  appArmorRestricts: boolean;
  /** kernel.unprivileged_userns_clone=0 (Debian 10 and earlier, hardened kernels). */
  cloneForbidden: boolean;
  /** user.max_user_namespaces. */
  namespacesAtMost: number;
  container: boolean;
  /** A seccomp filter is on this process: a container's, or one of systemd's settings. */
  seccomp: boolean;
  /** The AppArmor profile that confines this process, such as `docker-default`; null where none does. */
  appArmorProfile: string | null;
  bwrap: BwrapProgram | null;
}

/** The program that was started. */
export interface BwrapProgram {
  path: string;
  setuid: boolean;
  /** What `bwrap --version` prints, such as `0.8.0`; null where it says nothing of the kind. */
  version: string | null;
}

/** Begins what is said of a program that ran inside: the sandbox itself could be made. */
export const PROGRAM_ENDED = 'the test program ended with';

const setForGood = (setting: string) =>
  `echo '${setting}' | sudo tee /etc/sysctl.d/60-tinyfat.conf && sudo sysctl --system`;

const LOOK_AGAIN = 'bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all true   # shows what is refused';

/** Always a refusal: nothing here leads to a run without isolation. */
export function explainFailure(words: string, settings: HostSettings): SandboxProbe {
  const [why, fix] =
    ofSetpriv(words) ??
    ofProgramInside(words) ??
    ofBwrap(words, settings.bwrap) ??
    ofPaths(words) ??
    ofProc(words, settings) ??
    ofNamespaces(words, settings) ??
    noReason;
  return { ok: false, reason: why === '' ? words : `${why}: ${words}`, fix };
}

/** Why, in words that go before bubblewrap's own, and what mends it; null where it is something else. */
type Cause = readonly [why: string, fix: string];

const noReason: Cause = ['', LOOK_AGAIN];

function ofSetpriv(words: string): Cause | null {
  if (!/^.*setpriv: /m.test(words)) return null;
  return [
    "root can't become the sandbox's user here, as in a container without other users",
    'start the server as an ordinary user',
  ];
}

/** It was started, so nothing that the kernel forbids is to blame. */
function ofProgramInside(words: string): Cause | null {
  if (!words.startsWith(PROGRAM_ENDED)) return null;
  if (!/execvp|exec:|cannot execute|not found/i.test(words)) return noReason;
  return [
    'the sandbox works, but Node could not be started in it',
    'let every user read and execute the Node that runs the server: sudo chmod a+rx its file and the folders above',
  ];
}

function ofBwrap(words: string, bwrap: BwrapProgram | null): Cause | null {
  const path = bwrap?.path ?? '/usr/bin/bwrap';
  const option = /Unknown option (\S+)/.exec(words)?.[1];
  if (option !== undefined)
    return [
      `bubblewrap ${bwrap?.version ?? '(of this machine)'} is too old for the option ${option}`,
      'install bubblewrap 0.8 or newer, as Debian 12 and Ubuntu 24.04 have it',
    ];
  if (/Unexpected capabilities/.test(words))
    return [
      'bubblewrap refuses to start with capabilities',
      `remove AmbientCapabilities= from the unit of the server, or: sudo setcap -r ${path}`,
    ];
  if (/Unexpected setuid user/.test(words))
    return [`${path} is setuid, and not root's`, `sudo chown root:root ${path} && sudo chmod 755 ${path}`];
  if (bwrap?.setuid && /setuid|capset|Setting|namespace|not permitted|Permission denied/i.test(words))
    return [
      `${path} is setuid root, which does not work here and is not needed where user namespaces are allowed`,
      `sudo chmod u-s ${path}`,
    ];
  return null;
}

/** A path that can't be shown says nothing about namespaces. */
function ofPaths(words: string): Cause | null {
  if (!/Can't (find source path|open|get type of source|read|chdir)/.test(words)) return null;
  return [
    'something that the sandbox shows can not be read by this user',
    'let this user read that path, and enter the folders above it; or move the checkout out of a closed home folder',
  ];
}

function ofProc(words: string, settings: HostSettings): Cause | null {
  if (!/Can't mount proc/.test(words)) return null;
  if (settings.container)
    return [
      'the container hides parts of /proc, so that none can be mounted inside',
      'start the container with --security-opt systempaths=unconfined',
    ];
  return [
    'a part of /proc is hidden from this process, so that none can be mounted inside',
    'remove ProtectKernelTunables=, ProtectKernelLogs= and ProcSubset= from the unit of the server',
  ];
}

function ofNamespaces(words: string, settings: HostSettings): Cause | null {
  if (!/namespace|uid map|gid map|RTM_NEW|make \/ slave|not permitted|Permission denied/i.test(words))
    return null;
  if (!settings.root) {
    if (settings.namespacesAtMost === 0)
      return [
        'user namespaces are switched off (user.max_user_namespaces=0)',
        setForGood('user.max_user_namespaces=15000'),
      ];
    if (settings.cloneForbidden)
      return [
        'user namespaces are forbidden to ordinary users (kernel.unprivileged_userns_clone=0)',
        setForGood('kernel.unprivileged_userns_clone=1'),
      ];
    if (settings.appArmorRestricts)
      return [
        'AppArmor forbids user namespaces to ordinary users',
        setForGood('kernel.apparmor_restrict_unprivileged_userns=0'),
      ];
  }
  const { appArmorProfile, seccomp } = settings;
  if (settings.container) {
    const by = [
      ...(seccomp ? ['its seccomp filter'] : []),
      ...(appArmorProfile === null ? [] : [`the AppArmor profile ${appArmorProfile}`]),
    ].join(' or ');
    return [
      `the container that the server runs in may not make namespaces${by === '' ? '' : ` (${by})`}`,
      'run it as an ordinary user in a container that is started with --security-opt seccomp=deploy/docker/seccomp.json --security-opt systempaths=unconfined --security-opt apparmor=unconfined; docs/self-host.md, Docker',
    ];
  }
  if (seccomp)
    return [
      'a seccomp filter on this process forbids namespaces',
      'remove RestrictNamespaces= and SystemCallFilter= from the unit of the server',
    ];
  if (appArmorProfile !== null)
    return [
      `the AppArmor profile ${appArmorProfile} forbids namespaces`,
      'allow userns and mount in that profile, or run the server outside of it',
    ];
  return [
    'the kernel refuses namespaces',
    'run the server where namespaces are allowed (user_namespaces(7))',
  ];
}
