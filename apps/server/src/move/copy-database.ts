/** Copies a database into another one, of any engine. */
import { dirname } from 'node:path';
import { errorCode } from '@tinyfat/core';
import { type CopyProgress, type CopyResult, copyRows } from '@tinyfat/database/copy';
import { StrangeSchemaError } from '@tinyfat/database/sqlite';
import { type DatabasePlace, readingFrom, writingTo } from './database-place.ts';

/** What came of it: rows by table, all compared; or a sentence on why there is no copy, and what to do. */
type Copied = { ok: true; rows: Readonly<Record<string, number>> } | { ok: false; reason: string };

const NEXT: Readonly<Record<Extract<CopyResult, { ok: false }>['code'], string>> = {
  source_empty: 'Name the database that tinyfat works on.',
  target_not_empty: 'Copy into an empty database.',
  source_differs: 'Copy a database that tinyfat has made and upgraded.',
  copy_differs: 'Stop whatever writes to either of them, and run the command again.',
};

/** Copies, or goes on with a copy that was cut off. */
export async function copyDatabase(
  from: DatabasePlace,
  to: DatabasePlace,
  onProgress: (progress: CopyProgress) => void,
): Promise<Copied> {
  if (isSame(from, to)) return { ok: false, reason: 'Both are the same database.' };
  // Two files of one folder share its lock.
  if (from.kind === 'sqlite' && to.kind === 'sqlite' && dirname(from.path) === dirname(to.path)) {
    return { ok: false, reason: 'Both files lie in one folder. Name a file in another folder for the copy.' };
  }
  const copied = await copyBetween(from, to, onProgress).catch((error: unknown) => {
    const reason = error instanceof StrangeSchemaError ? error.message : postgresTrouble(error);
    if (reason === null) throw error;
    return { ok: false as const, reason };
  });
  if (!copied.ok) {
    return { ok: false, reason: 'code' in copied ? `${copied.detail} ${NEXT[copied.code]}` : copied.reason };
  }
  const rows = Object.entries(copied.tables).map(([name, sum]) => [name, sum.rows] as const);
  return { ok: true, rows: Object.fromEntries(rows) };
}

function copyBetween(from: DatabasePlace, to: DatabasePlace, onProgress: (progress: CopyProgress) => void) {
  return readingFrom(from, (source) =>
    writingTo(to, (target) => copyRows({ from: source, to: target, fromPlace: from.shown, onProgress })),
  );
}

/** That Postgres can't be reached or does not let us in, in its own words; null for anything else. */
function postgresTrouble(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = errorCode(error);
  const isItsOwn = /^(?:08|28|3D|42501|53|57)/.test(code) && code.length === 5;
  const isNetwork = 'syscall' in error && ['connect', 'getaddrinfo'].includes(String(error.syscall));
  const isLogin = error.message.startsWith('SASL:');
  return isItsOwn || isNetwork || isLogin ? `Postgres does not let us in: ${error.message}.` : null;
}

function isSame(from: DatabasePlace, to: DatabasePlace): boolean {
  return from.kind === to.kind && from.shown === to.shown;
}
