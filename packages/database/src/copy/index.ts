/** Moving a database: all rows of one into another, on any engine. */
export { executedMigrations as copyStanding, unknownMigrations as unknownTo } from '../migrate.ts';
export { type CopyProgress, type CopyResult, copyRows } from './copy-rows.ts';
