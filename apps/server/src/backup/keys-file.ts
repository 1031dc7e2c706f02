/**
 * The keys of a server in a file of their own, apart from its backup: a backup may lie where many can read it, and
 * without this file nobody opens the stored keys of providers in it. Lines of `NAME=value`, as in an environment.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatMasterKeys, type MasterKeys, parseMasterKeys } from '@tinyfat/core';
import { writeNewFile } from './archive-file.ts';

/** Null: there was none. */
export interface ServerKeys {
  masterKeys: MasterKeys | null;
  signInKey: MasterKeys | null;
}

const MAX_BYTES = 64 * 1024;

/** Writes the file, which must not exist; only we can read it. */
export async function writeKeysFile(path: string, { masterKeys, signInKey }: ServerKeys): Promise<void> {
  const lines = [
    '# Keys of a tinyfat server. Whoever has them and a backup can open the keys of providers in it.',
    ...(masterKeys ? [`MASTER_KEYS=${formatMasterKeys(masterKeys)}`] : []),
    ...(signInKey ? [`SIGN_IN_KEY=${formatMasterKeys(signInKey)}`] : []),
  ];
  await writeNewFile(path, (sink) => sink(Buffer.from(`${lines.join('\n')}\n`)));
}

/** Reads the file. The reason repeats nothing of it. Throws what open(2) does. */
export async function readKeysFile(
  path: string,
): Promise<{ ok: true; keys: ServerKeys } | { ok: false; reason: string }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let text: string;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES));
    text = buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
  const keys: ServerKeys = { masterKeys: null, signInKey: null };
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [name, ...rest] = line.split('=');
    const field = ({ MASTER_KEYS: 'masterKeys', SIGN_IN_KEY: 'signInKey' } as const)[name ?? ''];
    const read = field === undefined ? null : parseMasterKeys(rest.join('='));
    if (field === undefined || !read?.ok) {
      return {
        ok: false,
        reason: `Line ${index + 1} of ${path} is none that tinyfat backup --with-keys writes.`,
      };
    }
    keys[field] = read.keys;
  }
  return { ok: true, keys };
}
