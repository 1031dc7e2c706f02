/** The embedded database: opening, upgrading and looking into its file. */
export { lookIntoSqlite } from './look.ts';
export { openSqlite, type Upgrade } from './open.ts';
export { openSqliteTarget, StrangeSchemaError, snapshotSqlite, withSqliteSource } from './whole-file.ts';
