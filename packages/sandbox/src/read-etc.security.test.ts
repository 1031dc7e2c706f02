/** What an /etc can hold that must not get into a sandbox: secrets, ways to them, and what is no file. */
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHOWN_OF_ETC } from './etc-list.ts';
import { type EtcEntries, readEtc } from './read-etc.ts';

let root: string;
let etc: string;
let umask: number;
beforeEach(async () => {
  umask = process.umask(0o022);
  root = await mkdtemp(join(tmpdir(), 'tinyfat-etc-'));
  etc = join(root, 'etc');
  await mkdir(etc);
});
afterEach(async () => {
  process.umask(umask);
  await rm(root, { recursive: true, force: true });
});

const put = async (path: string, text = 'text', mode = 0o644) => {
  await mkdir(join(etc, path, '..'), { recursive: true });
  await writeFile(join(etc, path), text);
  await chmod(join(etc, path), mode);
};
const paths = (entries: EtcEntries) => [...entries.keys()].sort();
const texts = (entries: EtcEntries) =>
  [...entries.values()].map((entry) => (entry.kind === 'file' ? entry.bytes.toString() : '')).join();

describe('of an /etc is not taken', () => {
  it('what is not listed, however it is asked for', async () => {
    for (const secret of [
      'shadow',
      'tinyfat.env',
      'ssl/private/server.key',
      'pip.conf',
      'npmrc',
      'gitconfig',
    ])
      await put(secret, 'secret');
    await put('chromium/policies/managed/token.json', 'secret');
    await put('R/Renviron.site', 'secret');
    await put('maven/settings.xml', 'secret');
    expect(texts(readEtc(SHOWN_OF_ETC, etc))).not.toContain('secret');
    expect(paths(readEtc(SHOWN_OF_ETC, etc))).toEqual([]);
  });

  it('a file that not every user may read, whoever we are, also inside a folder that is', async () => {
    await put('mime.types', 'secret', 0o640);
    await put('java-17-openjdk/management/jmxremote.password', 'secret', 0o600);
    await put('java-17-openjdk/net.properties');
    await put('fonts/closed/a.conf', 'secret');
    await chmod(join(etc, 'fonts/closed'), 0o750);
    await put('groff/unlisted/a', 'secret');
    await chmod(join(etc, 'groff/unlisted'), 0o751);
    const entries = readEtc(SHOWN_OF_ETC, etc);
    expect(texts(entries)).not.toContain('secret');
    expect(paths(entries)).toEqual(
      [
        'fonts',
        'groff',
        'java-17-openjdk',
        'java-17-openjdk/management',
        'java-17-openjdk/net.properties',
      ].sort(),
    );
  });

  it('a second name of a file that not every user may read', async () => {
    await put('shadow', 'secret', 0o640);
    await link(join(etc, 'shadow'), join(etc, 'services'));
    expect(paths(readEtc(SHOWN_OF_ETC, etc))).toEqual([]);
  });

  it('a link, at the end of a path or in it, that leads to what is not shown', async () => {
    await put('shadow', 'secret');
    await mkdir(join(root, 'elsewhere'));
    await writeFile(join(root, 'elsewhere/openssl.cnf'), 'secret');
    await symlink('/root', join(etc, 'fonts'));
    await symlink('shadow', join(etc, 'services'));
    await symlink('/etc/shadow', join(etc, 'protocols'));
    await symlink('/usr/../root/x', join(etc, 'magic'));
    await symlink('../../../../etc/shadow', join(etc, 'mime.types'));
    await symlink('/proc/1/environ', join(etc, 'timezone'));
    await symlink(join(root, 'elsewhere'), join(etc, 'ssl'));
    await put('groff/mdoc.local');
    await symlink('/home/admin/.netrc', join(etc, 'groff/man.local'));
    expect(paths(readEtc(SHOWN_OF_ETC, etc))).toEqual(['groff', 'groff/mdoc.local']);
  });

  it('a pipe, a socket or a device; and none of them holds us up', async () => {
    execFileSync('mkfifo', ['-m', '666', join(etc, 'services')]);
    await mkdir(join(etc, 'fonts'));
    execFileSync('mkfifo', ['-m', '666', join(etc, 'fonts/fonts.conf')]);
    const server = createServer().listen(join(etc, 'protocols'));
    await new Promise((resolve) => server.once('listening', resolve));
    if (process.getuid?.() === 0)
      execFileSync('mknod', ['-m', '666', join(etc, 'mime.types'), 'c', '1', '5']);
    expect(paths(readEtc(SHOWN_OF_ETC, etc))).toEqual(['fonts']);
    await new Promise((resolve) => server.close(resolve));
  });

  it('more than is bounded: one huge file, a folder without end', async () => {
    await put('magic', '');
    await truncate(join(etc, 'magic'), 2 ** 33);
    const deep = Array.from({ length: 30 }, () => 'deeper').join('/');
    await put(`fonts/${deep}/a.conf`);
    await mkdir(join(etc, 'xml'));
    for (let n = 0; n < 100; n++) await symlink('/usr/share/xml', join(etc, `xml/${n}`));
    await put('services', 'x'.repeat(600));
    await put('timezone', 'x'.repeat(600));
    const entries = readEtc(SHOWN_OF_ETC, etc, { entries: 50, bytes: 1000 });
    expect(entries.has('magic')).toBe(false);
    expect(paths(entries).filter((path) => path.startsWith('fonts')).length).toBeLessThan(12);
    expect(entries.size).toBe(50);
    expect(paths(entries)).not.toContain('services');
    expect(readEtc(['services', 'timezone'], etc, { entries: 50, bytes: 1000 }).size).toBe(1);
  });

  it('a name that only looks like one of the list', async () => {
    for (const name of ['java-17-openjdk.bak', 'my-java-17-openjdk', 'ImageMagick', 'python3x', 'servicesX'])
      await put(`${name}/a`);
    expect(paths(readEtc(SHOWN_OF_ETC, etc))).toEqual([]);
  });
});

it('links into /usr and to what is shown stay links', async () => {
  await put('pki/tls/certs/ca-bundle.crt', 'public');
  await mkdir(join(etc, 'ssl'));
  await symlink('/etc/pki/tls/certs', join(etc, 'ssl/certs'));
  await symlink('../usr/lib/os-release', join(etc, 'os-release'));
  expect(readEtc(SHOWN_OF_ETC, etc)).toEqual(
    new Map<string, unknown>([
      ['ssl', { kind: 'folder' }],
      ['ssl/certs', { kind: 'link', to: '/etc/pki/tls/certs' }],
      ['pki', { kind: 'folder' }],
      ['pki/tls', { kind: 'folder' }],
      ['pki/tls/certs', { kind: 'folder' }],
      ['pki/tls/certs/ca-bundle.crt', { kind: 'file', bytes: Buffer.from('public') }],
      ['os-release', { kind: 'link', to: '../usr/lib/os-release' }],
    ]),
  );
});
