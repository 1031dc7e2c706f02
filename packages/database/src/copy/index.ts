/** Moving a database: all rows of one into another, on any engine. */
export { type CopyProgress, type CopyResult, copyRows } from './copy-rows.ts';
