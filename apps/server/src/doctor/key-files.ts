/** The files with keys: do they exist where they are needed, and can nobody else read them? */
import { lstatSync } from 'node:fs';
import { masterKeyFile } from '@tinyfat/storage/node';
import type { Config } from '../config.ts';
import { dataPaths } from '../data-folder.ts';
import { broken, type Check, isFolder, note, type Observation, ok } from './finding.ts';
import type { Records } from './records.ts';

/** `master-keys` and `sign-in-key` of DATA_DIR. */
export function keyFilesCheck(config: Config, records: () => Promise<Records>): Check {
  return {
    name: 'keys',
    async look() {
      // The check of the folder says what is wrong with the folder itself.
      if (!isFolder(config.dataDir)) return [];
      const paths = dataPaths(config.dataDir);
      const findings = [
        ...(await masterKeys(config, paths.masterKeys, await records())),
        ...(await signInKey(paths.signInKey)),
      ];
      if (findings.length > 0) return findings;
      const there = [paths.masterKeys, paths.signInKey].filter(exists).length;
      return ok(there === 0 ? 'none made yet' : 'readable for this user only');
    },
  };
}

async function masterKeys(config: Config, path: string, records: Records): Promise<Observation[]> {
  if (config.masterKeys !== null) {
    if (!exists(path)) return [];
    return [
      note(
        `MASTER_KEYS is set, so ${path} is not read`,
        'If stored keys do not open, put its keys behind those of MASTER_KEYS.',
      ),
    ];
  }
  const found = await masterKeyFile(path).read();
  if (found.ok) return [];
  if (found.code !== 'master_keys_missing') return [broken(`master-keys: ${found.detail}`, null)];
  if (records.state !== 'open' || records.keyOwners === 0) return [];
  return [
    broken(
      `there is no ${path}, and stored keys of owners need it`,
      'Bring it back from a backup, or store the keys of the owners anew (tinyfat key set).',
    ),
  ];
}

async function signInKey(path: string): Promise<Observation[]> {
  const found = await masterKeyFile(path).read();
  if (found.ok || found.code === 'master_keys_missing') return [];
  return [broken(`sign-in-key: ${found.detail}`, null)];
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
