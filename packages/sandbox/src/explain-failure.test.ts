import { describe, expect, it } from 'vitest';
import { explainFailure, type HostSettings } from './explain-failure.ts';

const open: HostSettings = {
  root: false,
  appArmorRestricts: false,
  cloneForbidden: false,
  namespacesAtMost: 1000,
  container: false,
  seccomp: false,
  appArmorProfile: null,
  bwrap: { path: '/usr/bin/bwrap', setuid: false, version: '0.8.0' },
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
        fix: expect.stringContaining('deploy/docker/seccomp.json'),
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

  it('because of AppArmor is seen at the loopback device, too (bubblewrap 0.9 on Ubuntu)', () => {
    const words = 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted';
    expect(explainFailure(words, { ...open, appArmorRestricts: true })).toMatchObject({
      reason: expect.stringContaining('AppArmor'),
    });
  });

  it('in a container names its seccomp filter and its AppArmor profile where there are such', () => {
    const words = 'bwrap: Failed to make / slave: Permission denied';
    const container = { ...open, container: true, seccomp: true, appArmorProfile: 'docker-default' };
    expect(explainFailure(words, container)).toMatchObject({
      reason: expect.stringContaining('its seccomp filter or the AppArmor profile docker-default'),
    });
  });

  it('because of a seccomp filter outside of a container is a matter of the unit', () => {
    expect(explainFailure(noNamespace, { ...open, seccomp: true })).toMatchObject({
      fix: expect.stringContaining('RestrictNamespaces='),
    });
  });

  it('because /proc can not be mounted is told apart from namespaces', () => {
    const words = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted";
    expect(explainFailure(words, { ...open, container: true })).toMatchObject({
      reason: expect.stringMatching(/^the container hides parts of \/proc/),
      fix: expect.stringContaining('systempaths=unconfined'),
    });
    expect(explainFailure(words, open)).toMatchObject({
      fix: expect.stringContaining('ProtectKernelTunables='),
    });
  });

  it('because bubblewrap is too old names the option and the version', () => {
    const bwrap = { path: '/usr/bin/bwrap', setuid: false, version: '0.4.1' };
    expect(explainFailure('bwrap: Unknown option --size', { ...open, bwrap })).toMatchObject({
      reason: expect.stringContaining('bubblewrap 0.4.1 is too old for the option --size'),
      fix: expect.stringContaining('0.8 or newer'),
    });
  });

  it('because bubblewrap is setuid or has capabilities says so, and blames no namespaces', () => {
    const setuid = { ...open, bwrap: { path: '/usr/bin/bwrap', setuid: true, version: '0.8.0' } };
    expect(explainFailure(noUidMap, setuid)).toMatchObject({ fix: 'sudo chmod u-s /usr/bin/bwrap' });
    expect(explainFailure('bwrap: Unexpected setuid user 1000, should be 0', setuid)).toMatchObject({
      fix: expect.stringContaining('chown root:root /usr/bin/bwrap'),
    });
    const capabilities = 'bwrap: Unexpected capabilities but not setuid, old file caps config?';
    expect(explainFailure(capabilities, open)).toMatchObject({
      fix: expect.stringContaining('AmbientCapabilities='),
    });
  });

  it('because a path is closed to this user blames no namespaces', () => {
    const words = "bwrap: Can't find source path /root/node: Permission denied";
    const probe = explainFailure(words, { ...open, appArmorRestricts: true, namespacesAtMost: 0 });
    expect(probe).toMatchObject({ reason: expect.stringContaining('can not be read by this user') });
    expect(JSON.stringify(probe)).not.toMatch(/AppArmor|sysctl|namespace/);
  });

  it('when the program inside failed blames no namespaces', () => {
    const words = 'the test program ended with exit code 1: bwrap: execvp /bin/sh: Permission denied';
    expect(JSON.stringify(explainFailure(words, { ...open, namespacesAtMost: 0 }))).not.toMatch(/namespace/);
  });

  it('for another reason says it in bubblewrap’s words', () => {
    const words = "bwrap: Can't create file at /x: No space left on device";
    expect(explainFailure(words, open)).toMatchObject({ ok: false, reason: words });
  });
});
