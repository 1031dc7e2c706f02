/** The keys of a running configuration: what a backup does not hold. */
import type { MasterKeysOutcome } from '@tinyfat/core';
import { masterKeyFile } from '@tinyfat/storage/node';
import type { Config } from '../config.ts';
import { type DataFolder, masterKeysOf } from '../data-folder.ts';
import type { ServerKeys } from './keys-file.ts';

/** All keys that there are; or a sentence on why one can not be read. */
export async function readServerKeys(
  config: Pick<Config, 'masterKeys' | 'signInKey'>,
  data: Pick<DataFolder, 'paths'>,
): Promise<{ ok: true; keys: ServerKeys } | { ok: false; reason: string }> {
  const masterKeys = await masterKeysOf(config, data).read();
  const signInKey: MasterKeysOutcome =
    config.signInKey === null
      ? await masterKeyFile(data.paths.signInKey).read()
      : { ok: true, keys: [config.signInKey] };
  for (const read of [masterKeys, signInKey]) {
    if (!read.ok && read.code !== 'master_keys_missing') return { ok: false, reason: read.detail };
  }
  return {
    ok: true,
    keys: {
      masterKeys: masterKeys.ok ? masterKeys.keys : null,
      signInKey: signInKey.ok ? signInKey.keys : null,
    },
  };
}
