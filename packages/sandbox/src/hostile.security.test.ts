/** What hostile programs see and can touch inside: invariants 5 and 9 of DESIGN section 4. */
import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUND_OF_ETC, SHOWN_OF_ETC } from './etc-list.ts';
import { type HostileRun, hostileRun, neighbour } from './test-support/hostile-run.ts';
import { modes } from './test-support/modes.ts';

const lines = (text: string) => text.split('\n').filter(Boolean);

describe.each(modes)('a hostile program ($name)', (mode) => {
  let run: HostileRun;
  beforeAll(async () => {
    run = await hostileRun(mode);
  });
  afterAll(() => run.dispose());

  it('finds no environment but its own, in no process', async () => {
    const script = 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | cut -d= -f1 | sort -u';
    const result = await run.bash(script, { environment: { TOKEN: 'x' } });
    const allowed = ['HOME', 'LANG', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', 'TMPDIR', 'TOKEN', '_'];
    expect(lines(result.stdout).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(lines(result.stdout)).toContain('TOKEN');
  });

  it('finds no host path in the command lines of processes', async () => {
    const result = await run.bash('cat /proc/[0-9]*/cmdline | tr "\\0" " "');
    expect(result.stdout).toContain('bwrap');
    for (const path of [run.root, run.data, process.execPath]) expect(result.stdout).not.toContain(path);
  });

  it('has no descriptor but stdin, stdout and stderr', async () => {
    const result = await run.bash('for f in /proc/self/fd/*; do [ -e $f ] && basename $f; done');
    expect(lines(result.stdout)).toEqual(['0', '1', '2']);
  });

  it('sees these mounts and no others, and of host paths only those of its own folders', async () => {
    const platform = await run.folder();
    const result = await run.bash('cat /proc/self/mountinfo', {
      platformFolders: { '/opt/step-mom': platform },
    });
    const writable = ['/data', '/tmp', '/dev/shm', '/dev/pts', '/proc'];
    const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);
    const readOnly = ['/', '/usr', '/etc', '/dev', '/inbox', '/opt/step-mom', '/run/bin/node'];
    const optional =
      /^\/(bin|sbin|lib\w*|proc\/(sys|irq|bus|sysrq-trigger)|etc\/alternatives|var\/lib\/texmf)$/;
    const mounts = lines(result.stdout).map((line) => {
      const [, , , from = '', at = '', options = ''] = line.split(' ');
      return { from, at, writable: options.split(',').includes('rw'), nosuid: options.includes('nosuid') };
    });
    const places = mounts.map((mount) => mount.at).filter((at) => !optional.test(at));
    expect(places.sort()).toEqual([...writable, ...devices, ...readOnly].sort());
    for (const mount of mounts) {
      expect({ ...mount, writable: writable.includes(mount.at) || devices.includes(mount.at) }).toEqual(
        mount,
      );
      expect(mount.nosuid).toBe(true);
    }
    const ours = mounts.filter((mount) => mount.from.includes('tinyfat-sandbox-')).map((mount) => mount.at);
    const given = ['/data', '/etc', '/inbox', '/opt/step-mom'];
    expect(ours.filter((at) => !given.includes(at) && at !== '/run/bin/node')).toEqual([]);
  });

  it('sees nothing else of the host’s files', async () => {
    const result = await run.bash('ls -A / /run; echo ---; ls -A /etc');
    const [system = '', etc = ''] = result.stdout.split('---\n');
    const known = /^(bin|sbin|lib\w*|data|dev|etc|inbox|proc|run|tmp|usr|var)$/;
    const seen = lines(system).filter((line) => !line.endsWith(':'));
    expect(seen.filter((name) => !known.test(name))).toEqual([]);
    const own = ['passwd', 'group', 'hosts', 'nsswitch.conf', ...BOUND_OF_ETC];
    const shown = SHOWN_OF_ETC.map((path) =>
      path.split('/')[0]?.replaceAll('.', '\\.').replaceAll('*', '.*'),
    );
    const listed = new RegExp(`^(${shown.join('|')})$`);
    expect(lines(etc).filter((name) => !listed.test(name) && !own.includes(name))).toEqual([]);
    const forbidden =
      '/etc/shadow /etc/ssl/private /etc/tinyfat.env /etc/gitconfig /root /home /var/log /var/mail /var/cache /var/lib/dpkg /sys /boot /mnt /srv /media /run/docker.sock /etc/hostname';
    expect((await run.bash(`ls -d ${forbidden} 2>/dev/null`)).stdout).toBe('');
    // Nothing that a user of the machine could not read, and nothing that is more than a file.
    const odd = await run.bash('find /etc ! -perm -004 ! -type l; find /etc ! -type f ! -type d ! -type l');
    expect(odd.stdout).toBe('');
  });

  it('reaches no other agent’s folder, by no way round', async () => {
    const secret = join(neighbour(run), 'MEMORY.md');
    await mkdir(neighbour(run), { mode: 0o777 });
    await writeFile(secret, 'their secret', { mode: 0o666 });
    const script = `ln -s ${secret} link; ln ${secret} hard; mkdir up; ln -s / up/root
      cat link hard ${secret} /data/../neighbour/MEMORY.md /proc/1/root${secret} /proc/1/cwd/neighbour/MEMORY.md /proc/self/cwd/../neighbour/MEMORY.md
      ls /data/.. /proc/1/root /proc/1/cwd; find / -xdev -name MEMORY.md`;
    const result = await run.bash(script);
    expect(result.stdout).not.toContain('secret');
    expect(result.stdout).not.toContain('neighbour');
    expect(await readFile(secret, 'utf8')).toBe('their secret');
    // What it left in its folder is only a name.
    expect(await readlink(join(run.data, 'link'))).toBe(secret);
  });

  it('can’t write outside /data and /tmp', async () => {
    const platform = await run.folder();
    const places =
      '/ /usr /usr/bin /usr/local /etc /etc/ssl/certs /inbox /opt /opt/step-mom /run /run/bin /dev /proc /data/..';
    const script = `for d in ${places}; do (echo x > $d/tinyfat-probe) 2>/dev/null && echo "wrote $d"; done
      (echo x >> /run/bin/node) 2>/dev/null && echo "wrote node"; (chmod 777 /run/bin/node /usr/bin/bash /inbox) 2>/dev/null && echo chmod
      for e in /proc/1/exe /proc/self/exe; do chmod 777 $e 2>/dev/null && echo "chmod $e"; done
      rm -f /etc/passwd 2>/dev/null && echo removed; echo done`;
    const result = await run.bash(script, { platformFolders: { '/opt/step-mom': platform } });
    expect(result.stdout).toBe('done\n');
    expect((await stat(process.execPath)).mode & 0o022).toBe(0);
  });

  it('can change no setting of the host’s kernel', async () => {
    // Some files of /proc/sys are the namespace's own and may be written; what the host sees must stay.
    const script = `for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /proc/sys/net/ipv4/ip_forward /proc/sys/user/max_user_namespaces; do
      (echo '|/data/evil' > $f) 2>/dev/null && echo "/proc/evil/$f"; done
      find /proc/sys /proc/irq /proc/bus -type f -writable 2>/dev/null`;
    const writable = lines((await run.bash(script)).stdout);
    const ownNamespace =
      /^\/proc\/sys\/(fs\/mqueue\/\w+|kernel\/(auto_msgmni|msgm\w+|ns_last_pid|pid_max|sem\w*|shm\w+))$/;
    expect(writable.filter((file) => !ownNamespace.test(file))).toEqual([]);

    const settings = [...writable, '/proc/sys/kernel/core_pattern'].filter(
      (file) => !file.endsWith('ns_last_pid'),
    );
    const values = () => Promise.all(settings.map((file) => readFile(file, 'utf8')));
    const before = await values();
    await run.bash(`for f in ${settings.join(' ')}; do echo 1 > $f; echo 7777 > $f; done 2>/dev/null`);
    expect(await values()).toEqual(before);
  });

  it('gains nothing from setuid programs, mounts and namespaces', async () => {
    const script = `su -c id < /dev/null; mount -t tmpfs none /tmp; mount -o remount,rw /usr; umount /inbox
      unshare -Ur id; unshare -m true && echo unshared; chroot / id; nsenter -t 1 -m true && echo entered
      setpriv --reuid 0 id; cp /usr/bin/id mine; chmod 4755 mine; ./mine -u; id -u; id -G
      grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status`;
    const result = await run.bash(script);
    expect(result.stdout).not.toMatch(/uid=|unshared|entered/);
    // The ids of a setuid copy, of the program, of its groups: all its own.
    const ids = lines(result.stdout).filter((line) => /^[\d ]+$/.test(line));
    expect(ids.slice(0, 2)).toEqual([String(run.uid), String(run.uid)]);
    expect(ids[2]?.split(' ').includes('0')).toBe(false);
    expect(result.stdout).toMatch(/CapEff:\t0{16}\n/);
    expect(result.stdout).toMatch(/CapPrm:\t0{16}\n/);
    expect(result.stdout).toMatch(/CapBnd:\t0{16}\n/);
    expect(result.stdout).toMatch(/CapAmb:\t0{16}\n/);
    expect(result.stdout).toMatch(/NoNewPrivs:\t1\n/);
    expect(result.stdout).toMatch(/Seccomp:\t2\n/);
  });

  it('sees and signals no process but its own', async () => {
    const script = `ls /proc | grep -c '^[0-9]'; kill -9 ${process.pid} 2>/dev/null && echo killed; kill -9 1; kill -0 1 && true; cat /proc/1/mem 2>/dev/null | head -c 1; ls /proc/1/fd 2>/dev/null | grep -vE '^([0-9]|1[0-9])$'; echo alive`;
    const result = await run.bash(script);
    const [count, ...rest] = lines(result.stdout);
    // pid 1, the shell, ls and grep.
    expect(Number(count)).toBeLessThanOrEqual(5);
    expect(rest).toEqual(['alive']);
    const suicide = await run.bash('kill -9 -1; echo alive');
    expect(suicide.stopped).toBe(null);
  });

  describe('on the network', () => {
    let server: Server;
    let port: number;
    let connections: number;
    const abstract = `\0tinyfat-test-${process.pid}`;
    let abstractServer: Server;
    beforeEach(async () => {
      connections = 0;
      const count = () => {
        connections += 1;
      };
      server = createServer(count);
      abstractServer = createServer(count);
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      await new Promise<void>((resolve) => abstractServer.listen(abstract, resolve));
      const address = server.address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
    });
    afterEach(async () => {
      await new Promise((resolve) => server.close(resolve));
      await new Promise((resolve) => abstractServer.close(resolve));
    });

    it('reaches no service of the host, no metadata address, no name', async () => {
      const addresses = Object.values(networkInterfaces())
        .flatMap((entries) => entries ?? [])
        .filter((entry) => entry.family === 'IPv4')
        .map((entry) => entry.address);
      const targets = [
        ...[...addresses, '127.0.0.1', '0.0.0.0'].map((host) => ({ host, port })),
        { host: '169.254.169.254', port: 80 },
        { host: '1.1.1.1', port: 443 },
        { host: '::1', port },
        { host: 'example.com', port: 80 },
        { path: abstract },
      ];
      const program = `const net = require('node:net');
        Promise.all(${JSON.stringify(targets)}.map((target) => new Promise((resolve) => {
          net.connect(target).on('connect', () => resolve('connected')).on('error', (error) => resolve(error.code ?? error.errors?.[0]?.code));
        }))).then((all) => console.log(JSON.stringify(all)))`;
      const outcomes: unknown = JSON.parse((await run.node(program)).stdout);
      const refused = /^(ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL|EAI_AGAIN|ENOTFOUND)$/;
      expect(outcomes).toEqual(targets.map(() => expect.stringMatching(refused)));
      expect(connections).toBe(0);
    });

    it('has a loopback of its own', async () => {
      const program = `const net = require('node:net');
        const server = net.createServer((s) => s.end('mine')).listen(${port}, '127.0.0.1', () =>
          net.connect(${port}, '127.0.0.1').on('data', (d) => { console.log(String(d)); process.exit() }))`;
      expect((await run.node(program)).stdout).toBe('mine\n');
      expect(connections).toBe(0);
    });
  });
});
