/** The unit of systemd, and what the page about it says. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const here = import.meta.dirname;
const read = (path: string) => readFileSync(join(here, path), 'utf8');
const unit = read('systemd/tinyfat.service');
const roles = read('systemd/tinyfat@.service');
const root = read('systemd/root.conf');
const page = read('../docs/self-host.md');

/** Settings in force: no comments. */
const settings = (text: string) => text.split('\n').filter((line) => /^[A-Z][A-Za-z]+=/.test(line));

describe('the unit', () => {
  it('is what the page says it is', () => {
    const spoken = [...page.matchAll(/`([A-Z][a-z]+[A-Za-z]*=[^`]*)`/g)].map(([, setting = '']) => setting);
    const inForce = settings(unit);
    const names = new Set(inForce.map((line) => line.replace(/=.*/s, '=')));
    expect(spoken.length).toBeGreaterThan(0);
    for (const setting of spoken) {
      if (setting.endsWith('=')) expect([...names, ...leftOut()]).toContain(setting);
      else expect([...inForce, ...settings(root)]).toContain(setting);
    }
  });

  it('has nothing that bubblewrap can not do with', () => {
    const left = leftOut();
    expect(left.length).toBeGreaterThan(5);
    for (const line of settings(unit)) expect(left).not.toContain(line.replace(/=.*/s, '='));
  });

  it('as root only takes the user away', () => {
    expect(settings(root)).toEqual(['User=', 'Group=']);
    expect(settings(unit)).toEqual(expect.arrayContaining(['User=tinyfat', 'Group=tinyfat']));
  });

  it('for each role says the same, but what it starts and where its own settings are', () => {
    const without = (text: string) =>
      settings(text).filter(
        (line) => !/^(Description|Documentation|ExecStart|Conflicts)=|^EnvironmentFile=-/.test(line),
      );
    expect(without(roles)).toEqual(without(unit));
    expect(settings(roles)).toEqual(
      expect.arrayContaining([
        'Conflicts=tinyfat.service',
        'ExecStart=/opt/tinyfat/bin/tinyfat start --role %i',
      ]),
    );
  });

  const missing = !existsSync('/usr/bin/systemd-analyze');
  it.skipIf(missing)(
    missing ? 'is understood by systemd (systemd-analyze is not here)' : 'is understood by systemd',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tinyfat-unit-'));
      try {
        // The program lies elsewhere on this machine.
        const program = join(here, '../bin/tinyfat');
        writeFileSync(join(folder, 'tinyfat.service'), unit.replaceAll('/opt/tinyfat/bin/tinyfat', program));
        mkdirSync(join(folder, 'tinyfat.service.d'));
        copyFileSync(join(here, 'systemd/root.conf'), join(folder, 'tinyfat.service.d/root.conf'));
        writeFileSync(
          join(folder, 'tinyfat@.service'),
          roles.replaceAll('/opt/tinyfat/bin/tinyfat', program),
        );
        const units = ['tinyfat.service', 'tinyfat@worker.service'].map((name) => join(folder, name));
        const words = ['verify', '--man=no', ...units];
        const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
        expect([status, stdout, stderr]).toEqual([0, '', '']);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

/** Settings that the comment at the top of the unit forbids. */
function leftOut(): string[] {
  const comment = /# Not here, and not to be added:(.*?)\n\n/s.exec(unit)?.[1] ?? '';
  return comment.match(/[A-Z][A-Za-z]+=/g) ?? [];
}
