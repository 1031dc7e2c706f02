/**
 * Translates errors into causes that an operator knows: a full disk, a folder of another user, a port that is taken. They
 * are recognised by errno, by SQLite's result codes and by a few names of ours; never by messages, whose words change.
 */
import { resolve, sep } from 'node:path';
import { describeError, type ErrorCode, errorCode, isErrorCode } from '@tinyfat/core';

/** The folders of the failed command. */
export interface FaultContext {
  /** DATA_DIR; null where it is not known. */
  dataDir: string | null;
  /** The folder that the build writes to. */
  builtFolder: string;
}

/** A known failure, in sentences; `detail` names the object. */
interface KnownFault {
  code: ErrorCode;
  sentence: string;
  detail: string;
  fix: string;
  /** It is a fault of ours, whose stack is worth a report. */
  report: boolean;
}

/** Errors looked at in a chain of causes, and in each group of errors. */
const MOST_CAUSES = 8;

const NETWORK: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'port_in_use',
  EACCES: 'port_forbidden',
  EPERM: 'port_forbidden',
  EADDRNOTAVAIL: 'address_not_here',
};
/** For any file. */
const ANYWHERE: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EIO: 'disk_fault',
  EMFILE: 'too_many_files',
  ENFILE: 'too_many_files',
};
/** For the data folder and its content. */
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

/** The known failure behind an error or its causes; null for an unknown one. Never throws. */
export function explainFault(error: unknown, context: FaultContext): KnownFault | null {
  for (const one of causesOf(error)) {
    const code = codeOf(one, context);
    if (code === null) continue;
    const { sentence, nextStep } = describeError(code);
    return { code, sentence, detail: detailOf(one), fix: nextStep, report: code === 'pages_unusable' };
  }
  return null;
}

/** The error and its causes; of a group of errors the first ones. */
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
  // By name: a broken platform can't be imported for its class.
  if (error.name === 'PagesUnusable') return 'pages_unusable';
  if (error.name === 'ForeignFolderError') return 'data_foreign';
  if (error.name === 'NewerDatabaseError') return 'database_newer';
  if (error.name === 'UnfinishedCopyError') return 'database_unfinished';
  if (error.name === 'UnfinishedRestoreError') return 'restore_unfinished';
  if (error.name === 'NoRoomForCopyError') return 'upgrade_no_room';
  if (error.name === 'StorageError') return 'storage_failed';
  const name = errorCode(error);
  if (error.name === 'PostgresError') return isErrorCode(name) ? name : null;
  if (name === 'ERR_SQLITE_ERROR') return sqliteCode(error);
  if (isOf(error, 'syscall', 'listen') || isOf(error, 'syscall', 'bind')) return NETWORK[name] ?? null;
  const anywhere = ANYWHERE[name];
  if (anywhere !== undefined) return anywhere;
  const path = 'path' in error && typeof error.path === 'string' ? resolve(error.path) : null;
  if (path === null) return null;
  if (name === 'ENOENT' && isBelow(path, builtFolder)) return 'build_missing';
  // A path above the folder counts too: it can prevent that the folder is made.
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
