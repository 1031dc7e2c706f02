import { describe, expect, it } from 'vitest';
import { explainFailure, type HostSettings } from './explain-failure.ts';

const open: HostSettings = {
  root: false,
  appArmorRestricts: false,
  cloneForbidden: false,
  namespacesAtMost: 1000,
  container: false,
};
// bubblewrap 0.8's own words.
const noNamespace =
  "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.";
const noUidMap = 'bwrap: setting up uid map: Permission denied';

describe('a sandbox that can’t be made', () => {
  it('because of AppArmor (Ubuntu 24.04) is mended by its sysctl', () => {
    expect(explainFailure(noUidMap, { ...open, appArmorRestricts: true })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/AppArmor.*uid map/),
      fix: "echo 'kernel.apparmor_restrict_unprivileged_userns=0' | sudo tee /etc/sysctl.d/60-tinyfat.conf && sudo sysctl --system",
    });
  });

  it('because of Debian’s switch is mended by that', () => {
    expect(explainFailure(noNamespace, { ...open, cloneForbidden: true })).toMatchObject({
      ok: false,
      fix: expect.stringContaining("'kernel.unprivileged_userns_clone=1'"),
    });
  });

  it('because there are no namespaces at all is mended by their number, whatever else is set', () => {
    const settings = { ...open, namespacesAtMost: 0, appArmorRestricts: true, cloneForbidden: true };
    expect(explainFailure(noNamespace, settings)).toMatchObject({
      ok: false,
      fix: expect.stringContaining("'user.max_user_namespaces=15000'"),
    });
  });

  it('in a container says what the container needs', () => {
    const words = 'bwrap: Creating new namespace failed: Operation not permitted';
    for (const root of [true, false])
      expect(explainFailure(words, { ...open, root, container: true })).toMatchObject({
        ok: false,
        fix: expect.stringContaining('SYS_ADMIN'),
      });
  });

  it('does not blame settings that are for ordinary users when we are root', () => {
    const settings = { ...open, root: true, appArmorRestricts: true, namespacesAtMost: 0 };
    const probe = explainFailure('bwrap: Creating new namespace failed: Operation not permitted', settings);
    expect(JSON.stringify(probe)).not.toContain('sysctl');
  });

  it('because root can’t become another user says so', () => {
    const words = 'the sandbox could not be set up: setpriv: setresuid failed: Invalid argument';
    expect(explainFailure(words, { ...open, root: true, container: true })).toMatchObject({
      ok: false,
      fix: expect.stringContaining('ordinary user'),
    });
  });

  it('for another reason says it in bubblewrap’s words', () => {
    const words = "bwrap: Can't find source path /nowhere: No such file or directory";
    expect(explainFailure(words, open)).toMatchObject({ ok: false, reason: words });
  });
});
