import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gitIdentity } from './git-identity.ts';

it.skipIf(!existsSync('/usr/bin/git')).each([
  ['scout', 'scout@example.org'],
  ['Dr. "Quote" \\ Back\\slash', 'a+b@example.org'],
  ['; no # comment', '"odd local"@example.org'],
  ['名前 é', 'x@xn--bcher-kva.example'],
])('git reads %s back as it is', async (name, address) => {
  const read = await readByGit(gitIdentity({ name, address }));
  expect(read).toEqual({ 'user.name': name, 'user.email': address, 'init.defaultbranch': 'main' });
});

it.skipIf(!existsSync('/usr/bin/git'))('a name can’t add a setting', async () => {
  const name = 'x"\n[core]\n\tpager = "touch /tmp/x\u0000\r\u2028';
  const read = await readByGit(gitIdentity({ name, address: 'a@example.org' }));
  expect(Object.keys(read)).toEqual(['user.name', 'user.email', 'init.defaultbranch']);
});

async function readByGit(text: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-git-'));
  try {
    const file = join(folder, 'gitconfig');
    await writeFile(file, text);
    const listed = execFileSync('/usr/bin/git', ['config', '--file', file, '--list', '--null'], {
      encoding: 'utf8',
    });
    const pairs = listed.split('\0').filter((line) => line !== '');
    return Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('\n')), pair.slice(pair.indexOf('\n') + 1)]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
