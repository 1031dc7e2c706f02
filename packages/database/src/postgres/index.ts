/** Postgres, Supabase among others: opening and upgrading. */
export { openPostgres, type PostgresOptions } from './open.ts';
export { openPostgresTarget, withPostgresSource } from './whole-database.ts';
