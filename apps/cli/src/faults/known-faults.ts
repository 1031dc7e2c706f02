/**
 * From what was thrown to what it means for the operator: a full disk, a folder of somebody else, a port that is taken.
 * The errors are those of the system (errno), of SQLite (its result codes) and a few of ours; messages are only shown,
 * never read, since their words change.
 */
import { resolve, sep } from 'node:path';
import { describeError, type ErrorCode, errorCode } from '@tinyfat/core';

/** Where it happened. */
export interface FaultContext {
  /** DATA_DIR; null where it is not known. */
  dataDir: string | null;
  /** The folder that the build writes to. */
  builtFolder: string;
}

/** A failure that is known. Sentences; `detail` names what it was about. */
export interface KnownFault {
  code: ErrorCode;
  sentence: string;
  detail: string;
  fix: string;
  /** A fault of ours all the same, whose stack is of use for a report. */
  report: boolean;
}

/** Errors that others wrap, and as many of each. */
const MOST_CAUSES = 8;

const NETWORK: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'port_in_use',
  EACCES: 'port_forbidden',
  EPERM: 'port_forbidden',
  EADDRNOTAVAIL: 'address_not_here',
};
/** Whatever file it is about. */
const ANYWHERE: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EIO: 'disk_fault',
  EMFILE: 'too_many_files',
  ENFILE: 'too_many_files',
};
/** About the data folder and what lies in it. */
const IN_DATA: Readonly<Record<string, ErrorCode>> = {
  EROFS: 'data_read_only',
  EACCES: 'data_no_permission',
  EPERM: 'data_no_permission',
  ENOTDIR: 'data_not_a_folder',
  ELOOP: 'data_not_a_folder',
};
/** Primary result codes (sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, ErrorCode>> = {
  5: 'database_busy',
  6: 'database_busy',
  8: 'data_read_only',
  10: 'disk_fault',
  11: 'database_corrupt',
  13: 'disk_full',
  14: 'database_unopened',
  26: 'database_corrupt',
};

/** The known failure that an error, or one that it was caused by, shows; null for a surprise. Never throws. */
export function explainFault(error: unknown, context: FaultContext): KnownFault | null {
  for (const one of causesOf(error)) {
    const code = codeOf(one, context);
    if (code === null) continue;
    const { sentence, nextStep } = describeError(code);
    return { code, sentence, detail: detailOf(one), fix: nextStep, report: code === 'pages_unusable' };
  }
  return null;
}

/** The error, what caused it, and so on; of several that came together the first ones. */
export function causesOf(error: unknown): Error[] {
  const found: Error[] = [];
  const open: unknown[] = [error];
  while (open.length > 0 && found.length < MOST_CAUSES) {
    const one = open.shift();
    if (!(one instanceof Error) || found.includes(one)) continue;
    found.push(one);
    open.push(one.cause);
    if (one instanceof AggregateError) open.push(...one.errors.slice(0, MOST_CAUSES));
  }
  return found;
}

function codeOf(error: Error, { dataDir, builtFolder }: FaultContext): ErrorCode | null {
  // By their names: where the platform is broken it can't be asked for its class, and no part is loaded for a look.
  if (error.name === 'PagesUnusable') return 'pages_unusable';
  if (error.name === 'ForeignFolderError') return 'data_foreign';
  if (error.name === 'NewerDatabaseError') return 'database_newer';
  const name = errorCode(error);
  if (name === 'ERR_SQLITE_ERROR') return sqliteCode(error);
  if (isOf(error, 'syscall', 'listen') || isOf(error, 'syscall', 'bind')) return NETWORK[name] ?? null;
  const anywhere = ANYWHERE[name];
  if (anywhere !== undefined) return anywhere;
  const path = 'path' in error && typeof error.path === 'string' ? resolve(error.path) : null;
  if (path === null) return null;
  if (name === 'ENOENT' && isBelow(path, builtFolder)) return 'build_missing';
  // The folder itself can not be made where one above it is in the way.
  if (dataDir === null || !(isBelow(path, dataDir) || isBelow(dataDir, path))) return null;
  if ((name === 'EEXIST' || name === 'ENOENT') && isBelow(dataDir, path)) return 'data_not_a_folder';
  return IN_DATA[name] ?? null;
}

function sqliteCode(error: Error): ErrorCode | null {
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  return SQLITE[code & 0xff] ?? null;
}

function isOf(error: Error, field: string, value: string): boolean {
  return Reflect.get(error, field) === value;
}

/** Whether a path is the folder or lies in it. */
function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function detailOf(error: Error): string {
  if ('detail' in error && typeof error.detail === 'string') return error.detail;
  const [cause] = causesOf(error.cause);
  return cause ? `${error.message}: ${cause.message}` : error.message;
}
