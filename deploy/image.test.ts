/** The image and how it is run: what stands in several of its files is the same in all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { refusedCalls } from '../packages/sandbox/src/seccomp/syscalls.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const dockerfile = read('docker/Dockerfile');
const profile = JSON.parse(read('docker/seccomp.json'));
const compose = parse(read('docker/compose.yaml'));
const service = compose.services.tinyfat;
const page = read('../docs/self-host.md');

/** What bubblewrap does to make a sandbox; each was taken away once to see that it then can not. */
const OF_BUBBLEWRAP = ['mount', 'pivot_root', 'sethostname', 'umount2', 'unshare'];

describe('the seccomp profile', () => {
  it('refuses what the sandbox refuses, but for what bubblewrap needs', () => {
    const refused = profile.syscalls.find(({ errnoRet }: { errnoRet: number }) => errnoRet === 1);
    const wanted = Object.keys(refusedCalls).filter((name) => !OF_BUBBLEWRAP.includes(name));
    expect(refused).toMatchObject({ action: 'SCMP_ACT_ERRNO' });
    expect(refused.names.toSorted()).toEqual(wanted.toSorted());
  });

  it('says that there is no io_uring, and allows the rest', () => {
    expect(profile.defaultAction).toBe('SCMP_ACT_ALLOW');
    expect(profile.syscalls).toHaveLength(2);
    expect(profile.syscalls[1]).toEqual({
      names: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 38,
    });
  });
});

describe('the container', () => {
  it('has what bubblewrap needs and nothing more', () => {
    expect(service.security_opt).toEqual([
      'no-new-privileges:true',
      'seccomp=./seccomp.json',
      'systempaths=unconfined',
      'apparmor=unconfined',
    ]);
    expect(service).toMatchObject({ cap_drop: ['ALL'], read_only: true, init: true });
    for (const more of [
      'privileged',
      'cap_add',
      'user',
      'pid',
      'ipc',
      'devices',
      'network_mode',
      'userns_mode',
    ])
      expect(service).not.toHaveProperty(more);
    for (const option of service.security_opt)
      expect(page).toContain(option.replace('=./', '=deploy/docker/'));
  });

  it('shows the host SMTP on IPv4, and HTTP on itself alone', () => {
    expect(service.ports).toEqual(['0.0.0.0:25:2525', '127.0.0.1:8025:8025']);
    expect(service.environment).toMatchObject({ PORT: '8025', HOST: '0.0.0.0', SMTP_HOST: '0.0.0.0' });
    const [{ gateway }] = compose.networks.default.ipam.config;
    expect(service.environment.TRUSTED_PROXIES).toBe(gateway);
  });

  it('keeps its data in the folder that belongs to its user', () => {
    const [, user = '', group = ''] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? [];
    const [, volume = ''] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];
    expect(Number(user)).toBeGreaterThan(999);
    expect(dockerfile).toContain(`--uid ${user} `);
    expect(dockerfile).toContain(`--gid ${group} `);
    expect(dockerfile).toContain(`install -d -o tinyfat -g tinyfat -m 0700 ${volume} `);
    expect(dockerfile).toContain(`DATA_DIR=${volume} `);
    expect(service.volumes).toContain(`data:${volume}`);
    expect(page).toContain(`the volume \`${compose.volumes.data.name}\``);
    expect(service.environment.DATA_DIR).toBe(volume);
    expect(read('certbot/docker').match(/-o \d+/g)).toEqual([`-o ${user}`, `-o ${user}`]);
  });

  it('is given as long to stop as by systemd', () => {
    const [, seconds = ''] = /^TimeoutStopSec=(\d+)$/m.exec(read('systemd/tinyfat.service')) ?? [];
    expect(service.stop_grace_period).toBe(`${seconds}s`);
  });
});
