/** Postgres, Supabase among others: opening, upgrading, and what can be wrong with it. */

export { PostgresError, postgresFault } from '../postgres-faults.ts';
export { type PostgresAddress, readPostgresAddress, shownAddress } from './address.ts';
export { closeTables } from './closed-tables.ts';
export { lookIntoPostgres, type PostgresLook, type PostgresWay } from './look.ts';
export { listen, notify } from './notifications.ts';
export { connectPostgres, openPostgres, type PostgresOptions } from './open.ts';
export { type WholeDatabase, withPostgres, withPostgresSource } from './whole-database.ts';
