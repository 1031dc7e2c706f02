/** The embedded database: opening, upgrading and looking into its file. */
export { lookIntoSqlite } from './look.ts';
export { openSqlite, type Upgrade } from './open.ts';
export { StrangeSchemaError, snapshotSqlite, withSqlite, withSqliteSource } from './whole-file.ts';
