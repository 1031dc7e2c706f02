/** The database of an installation before its Workers are deployed: tables, keys, and how Hyperdrive reaches it. */
import { formatMasterKeys } from '@tinyfat/core';
import { openPostgres, readPostgresAddress } from '@tinyfat/database/postgres';
import type { Config } from '@tinyfat/server/config';
import { dataPaths, makeDataFolder } from '@tinyfat/server/data-folder';
import { installationKeys } from '@tinyfat/server/parts/installation';
import { StartRefused } from '@tinyfat/server/parts/part';
import type { SealingKeys } from './deploy.ts';
import type { Outcome } from './outcome.ts';
import type { DatabaseOrigin } from './resources.ts';

/**
 * Brings the tables up to date, and finds the keys of the installation: in the settings, else in the data folder, where they
 * are made if it has none yet. A database that belongs to other keys is refused, unless it is adopted. Rejects where the
 * database can not be reached.
 */
export async function prepareDatabase(
  config: Pick<Config, 'database' | 'dataDir' | 'masterKeys' | 'signInKey'>,
  { adopt }: { adopt: boolean },
): Promise<Outcome<SealingKeys>> {
  if (config.database === null)
    return { ok: false, reason: 'There is no database.', fix: 'Set DATABASE_URL.' };
  makeDataFolder(config.dataDir);
  const db = await openPostgres(config.database);
  try {
    const keys = await installationKeys(config, { db, paths: dataPaths(config.dataDir) }, { adopt });
    return {
      ok: true,
      masterKeys: formatMasterKeys(keys.masterKeys),
      signInKey: formatMasterKeys([keys.signInKey]),
    };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    return { ok: false, reason: error.message, fix: error.fix };
  } finally {
    await db.destroy();
  }
}

/** Hyperdrive is a pooler, so it gets the address of the server itself; it always encrypts, and verifies whom it reaches. */
export function originOf({
  database,
}: Pick<Config, 'database'>): { ok: true; origin: DatabaseOrigin } | { ok: false; reason: string } {
  if (database === null) return wrong('DATABASE_URL must be set.');
  const read = readPostgresAddress(database.directUrl);
  if (!read.ok) return wrong(`DATABASE_DIRECT_URL ${read.reason}.`);
  const { address } = read;
  if (address.tls === 'disable')
    return wrong(
      'DATABASE_DIRECT_URL (or DATABASE_URL, where it is not set) must lead to a server that Cloudflare reaches over the internet and by TLS: none of this machine, and without sslmode=disable.',
    );
  if (database.authorities === null)
    return wrong(
      'DATABASE_TLS_CA must be set to the certificate authority of the database, by which Hyperdrive knows whom it reaches.',
    );
  return { ok: true, origin: { address, authorities: database.authorities } };
}

function wrong(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
