/** The embedded database: opening, upgrading and looking into its file. */
export { lookIntoSqlite } from './look.ts';
export { openSqlite, type Upgrade } from './open.ts';
export { openSqliteSource, openSqliteTarget, snapshotSqlite } from './whole-file.ts';
