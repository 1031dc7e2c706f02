/** /usr/local/sbin/tinyfat: whose settings a command has, and who it is. */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const isRoot = process.getuid?.() === 0;
/** Some user of every Debian that is not root. */
const DAEMON = 1;

describe('the wrapper', () => {
  let folder: string;
  let wrapper: string;
  let data: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-wrapper-'));
    await chmod(folder, 0o755);
    [wrapper, data] = [join(folder, 'tinyfat'), join(folder, 'data')];
    const shipped = await readFile(join(import.meta.dirname, 'systemd/tinyfat'), 'utf8');
    const moved = shipped
      .replace('settings=/etc/tinyfat.env', `settings=${folder}/tinyfat.env`)
      .replace('program=/opt/tinyfat/bin/tinyfat', `program=${folder}/program`);
    expect(moved).not.toMatch(/\/etc\/tinyfat.env$|^program=\/opt/m);
    await writeFile(wrapper, moved, { mode: 0o755 });
    await writeFile(join(folder, 'program'), '#!/bin/sh\nid -u\nprintf "[%s]\\n" "$@"\nenv\n', {
      mode: 0o755,
    });
    await mkdir(data);
    await settings(`DATA_DIR='${data}'\nSMTP_URL='smtps://u:p$x"y z@relay.example:465'\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const settings = (text: string) => writeFile(join(folder, 'tinyfat.env'), text, { mode: 0o600 });
  const run = (words: string[], env: Record<string, string> = {}, as?: number) =>
    new Promise<{ code: unknown; stdout: string[]; stderr: string }>((resolve) => {
      const options = {
        env: { PATH: '/usr/bin:/bin', ...env },
        ...(as === undefined ? {} : { uid: as, gid: as }),
      };
      execFile(wrapper, words, options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout: stdout.trimEnd().split('\n'), stderr }),
      );
    });

  it('gives the words on as they are, and the settings of the server and no others', async () => {
    const { stdout } = await run(['send', '--subject', 'two words; $(id)', ''], {
      LOG_LEVEL: 'debug',
      DATA_DIR: '/elsewhere',
    });
    expect(stdout.slice(0, 5)).toEqual([
      `${process.getuid?.()}`,
      '[send]',
      '[--subject]',
      '[two words; $(id)]',
      '[]',
    ]);
    expect(stdout).toContain(`DATA_DIR=${data}`);
    expect(stdout).toContain('SMTP_URL=smtps://u:p$x"y z@relay.example:465');
    expect(stdout.join('\n')).not.toContain('LOG_LEVEL');
  });

  it.skipIf(!isRoot)('is the owner of the data folder (only root can become somebody else)', async () => {
    await chown(data, DAEMON, DAEMON);
    expect((await run(['doctor'])).stdout[0]).toBe(`${DAEMON}`);
    await chown(data, 0, 0);
    expect((await run(['doctor'])).stdout[0]).toBe('0');
  });

  it('says what is missing, and runs nothing', async () => {
    await rm(data, { recursive: true });
    expect(await run(['doctor'])).toMatchObject({
      code: 1,
      stdout: [''],
      stderr: expect.stringContaining('systemctl start tinyfat'),
    });
    for (const wrong of ["MAIL_DOMAIN='agents.example.com'\n", "DATA_DIR='./data'\n"]) {
      await settings(wrong);
      expect(await run(['doctor'])).toMatchObject({
        code: 1,
        stdout: [''],
        stderr: expect.stringContaining('absolute path'),
      });
    }
    await rm(join(folder, 'tinyfat.env'));
    expect(await run(['doctor'])).toMatchObject({
      code: 1,
      stdout: [''],
      stderr: expect.stringContaining('sudo tinyfat'),
    });
  });

  it.skipIf(!isRoot)(
    'does not show the settings to who may not read them (needs root and another user)',
    async () => {
      expect(await run(['doctor'], {}, DAEMON)).toMatchObject({
        code: 1,
        stdout: [''],
        stderr: expect.stringContaining('sudo tinyfat'),
      });
    },
  );
});
