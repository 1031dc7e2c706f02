/** Postgres, Supabase among others: opening, upgrading, and what can be wrong with it. */
export { type PostgresAddress, readPostgresAddress, shownAddress } from './address.ts';
export { openTables } from './closed-tables.ts';
export { asPostgresError, PostgresError, postgresFault } from './faults.ts';
export { listen, notify } from './notifications.ts';
export { openPostgres, type PostgresOptions } from './open.ts';
