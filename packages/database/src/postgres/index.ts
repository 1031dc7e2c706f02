/** Postgres, Supabase among others: opening and upgrading. */
export { openPostgres, type PostgresOptions } from './open.ts';
