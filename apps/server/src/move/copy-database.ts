/** Copies a database into another one, of any engine. */
import { dirname } from 'node:path';
import { type CopyProgress, type CopyResult, copyRows } from '@tinyfat/database/copy';
import { StrangeSchemaError } from '@tinyfat/database/sqlite';
import { type DatabasePlace, readingFrom, targetRules, writingTo } from './database-place.ts';

/** What came of it: rows by table, all compared; or a sentence on why there is no copy, and what to do. */
type Copied = { ok: true; rows: Readonly<Record<string, number>> } | { ok: false; reason: string };

const NEXT: Readonly<Record<Extract<CopyResult, { ok: false }>['code'], string>> = {
  source_empty: 'Name the database that tinyfat works on.',
  target_not_empty: 'Copy into an empty database.',
  source_differs: 'Copy a database that tinyfat has made and upgraded.',
  copy_differs: 'Stop whatever writes to either of them, and run the command again.',
};

/** Copies, or goes on with a copy that was cut off. Rejects as the databases do. */
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
    if (error instanceof StrangeSchemaError) return { ok: false as const, reason: error.message };
    throw error;
  });
  if (!copied.ok) {
    return { ok: false, reason: 'code' in copied ? `${copied.detail} ${NEXT[copied.code]}` : copied.reason };
  }
  const rows = Object.entries(copied.tables).map(([name, sum]) => [name, sum.rows] as const);
  return { ok: true, rows: Object.fromEntries(rows) };
}

function copyBetween(from: DatabasePlace, to: DatabasePlace, onProgress: (progress: CopyProgress) => void) {
  return readingFrom(from, (source) =>
    writingTo(to, (target) =>
      copyRows({ from: source, to: target, fromPlace: from.shown, onProgress, ...targetRules(to) }),
    ),
  );
}

function isSame(from: DatabasePlace, to: DatabasePlace): boolean {
  return from.kind === to.kind && from.shown === to.shown;
}
