/** All migrations in order; a landed one is never changed. */
import type { Migration } from 'kysely/migration';
import * as start from './0001-start.ts';

export const migrations: Record<string, Migration> = {
  '0001-start': start,
};
