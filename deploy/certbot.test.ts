/** The deploy hooks of certbot: where the files go, whose they are, and who is told when. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const me = process.getuid?.() ?? 0;

describe('a hook of certbot', () => {
  let folder: string;
  let lineage: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-certbot-'));
    lineage = join(folder, 'live/mx.example.com');
    for (const path of [lineage, join(folder, 'path'), join(folder, 'certbot'), join(folder, 'docker')])
      await mkdir(path, { recursive: true });
    await writeFile(join(lineage, 'fullchain.pem'), 'the chain');
    await writeFile(join(lineage, 'privkey.pem'), 'the key', { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A stand-in that notes in which folder it was asked for what, and which files were there then. */
  const program = (name: string, answer: string) =>
    writeFile(
      join(folder, 'path', name),
      `#!/bin/sh\necho "\${PWD##*/} $(ls "${folder}/tls" 2>/dev/null | tr '\\n' ' ')$*" >>"${folder}/asked"\n${answer}\n`,
      { mode: 0o755 },
    );
  async function run(kind: 'systemd' | 'docker'): Promise<{ code: unknown; asked: string[] }> {
    const shipped = await readFile(join(import.meta.dirname, 'certbot', kind), 'utf8');
    const hook = join(folder, 'certbot', kind);
    await writeFile(hook, shipped.replace('to=/etc/tinyfat-tls', `to=${folder}/tls`), { mode: 0o755 });
    const env = { PATH: `${folder}/path:/usr/bin:/bin`, RENEWED_LINEAGE: lineage };
    const code = await new Promise((resolve) =>
      execFile(hook, { env, cwd: folder }, (error) => resolve(error?.code ?? 0)),
    );
    const asked = existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8') : '';
    return { code, asked: asked.trimEnd().split('\n') };
  }
  const installed = (name: string) => {
    const { uid, mode } = statSync(join(folder, 'tls', name));
    return { uid, mode: mode & 0o777, text: readFileSync(join(folder, 'tls', name), 'utf8') };
  };

  it('gives both files to the user of the service, then has them read again', async () => {
    await program('systemctl', `case "$1" in show) echo ${me} ;; esac`);
    const { code, asked } = await run('systemd');
    expect(code).toBe(0);
    expect(asked.at(-1)).toMatch(/ cert\.pem key\.pem try-reload-or-restart tinyfat$/);
    expect(installed('cert.pem')).toEqual({ uid: me, mode: 0o400, text: 'the chain' });
    expect(installed('key.pem')).toEqual({ uid: me, mode: 0o400, text: 'the key' });
  });

  it('has nothing read again when a file could not be copied', async () => {
    await program('systemctl', `case "$1" in show) echo ${me} ;; esac`);
    await rm(join(lineage, 'fullchain.pem'));
    const { code, asked } = await run('systemd');
    expect(code).not.toBe(0);
    expect(asked.join()).not.toContain('reload');
  });

  it.skipIf(me !== 0)('gives them to the user of the image (only root can)', async () => {
    await program('docker', 'case "$*" in *ps*) cat "$0.running" ;; esac');
    await writeFile(join(folder, 'path/docker.running'), '');
    expect((await run('docker')).asked).toHaveLength(1);
    await writeFile(join(folder, 'path/docker.running'), '4f1c');
    expect((await run('docker')).asked.at(-1)).toBe(
      'docker cert.pem key.pem compose kill --signal HUP tinyfat',
    );
    expect(installed('key.pem')).toEqual({ uid: 8025, mode: 0o400, text: 'the key' });
  });
});
