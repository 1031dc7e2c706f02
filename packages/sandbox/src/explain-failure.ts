/** From bubblewrap's words and the kernel's settings to a reason and the line that mends it. */
import type { SandboxProbe } from '@tinyfat/core';

/** Kernel settings that forbid user namespaces (user_namespaces(7), Debian's and Ubuntu's own ones). */
export interface HostSettings {
  root: boolean;
  /** kernel.apparmor_restrict_unprivileged_userns=1 (Ubuntu 24.04 and later). */
  appArmorRestricts: boolean;
  /** kernel.unprivileged_userns_clone=0 (Debian 10 and earlier, hardened kernels). */
  cloneForbidden: boolean;
  /** user.max_user_namespaces. */
  namespacesAtMost: number;
  container: boolean;
}

const setForGood = (setting: string) =>
  `echo '${setting}' | sudo tee /etc/sysctl.d/60-tinyfat.conf && sudo sysctl --system`;

/** Always a refusal: nothing here leads to a run without isolation. */
export function explainFailure(words: string, settings: HostSettings): SandboxProbe {
  const failed = (reason: string, fix: string): SandboxProbe => ({ ok: false, reason, fix });
  if (/^.*setpriv: /m.test(words))
    return failed(
      `root can't become the sandbox's user here, as in a container without other users: ${words}`,
      'start the server as an ordinary user',
    );
  const namespaces = /namespace|uid map|gid map|Operation not permitted|Permission denied/i.test(words);
  if (namespaces && !settings.root) {
    if (settings.namespacesAtMost === 0)
      return failed(
        `user namespaces are switched off (user.max_user_namespaces=0): ${words}`,
        setForGood('user.max_user_namespaces=15000'),
      );
    if (settings.cloneForbidden)
      return failed(
        `user namespaces are forbidden to ordinary users (kernel.unprivileged_userns_clone=0): ${words}`,
        setForGood('kernel.unprivileged_userns_clone=1'),
      );
    if (settings.appArmorRestricts)
      return failed(
        `AppArmor forbids user namespaces to ordinary users: ${words}`,
        setForGood('kernel.apparmor_restrict_unprivileged_userns=0'),
      );
  }
  if (namespaces && settings.container)
    return failed(
      `the container that the server runs in may not make namespaces: ${words}`,
      'start the container with --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
    );
  if (namespaces)
    return failed(
      `the kernel refuses namespaces: ${words}`,
      'run the server where namespaces are allowed (user_namespaces(7))',
    );
  return failed(
    words,
    'bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all true   # shows what is refused',
  );
}
