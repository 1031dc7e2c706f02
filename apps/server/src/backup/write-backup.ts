/**
 * Writes a backup, beside a running server or without one. The order makes it consistent: first the database as of one
 * moment, then what its rows name. A message is a file before it has a row and never changes, so every message of the
 * copy is there; an agent's folder is taken after its turn where that ends in time, and else marked.
 */
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, errorCode } from '@tinyfat/core';
import { agentIdsAfter, type Database, hadTurnSince, hasRunningJob, rawKeysAfter } from '@tinyfat/database';
import { copyStanding } from '@tinyfat/database/copy';
import { withSqliteSource } from '@tinyfat/database/sqlite';
import {
  type ArchiveWriter,
  type ByteSink,
  inOnePiece,
  partHash,
  writeArchive,
} from '../archive/write-archive.ts';
import type { Stores } from '../data-folder.ts';
import type { DatabasePlace } from '../move/database-place.ts';
import { type About, type Manifest, TOP } from './manifest.ts';
import { fileContent, snapshotDatabase } from './snapshot.ts';
import { type OnLeftOut, writeFolder } from './write-folder.ts';

export interface BackupDeps extends Stores {
  database: DatabasePlace;
  /** Path for the copy of the database, which goes again; with so much room on its disk. */
  scratch: string;
  clock: Clock;
  version: string;
  /** How long folders of agents whose turn is under way may be waited for, ms; all of them together. */
  waitMs: number;
  onProgress(news: BackupNews): void;
  onLeftOut: OnLeftOut;
}

export type BackupNews =
  | { step: 'database'; bytes: number }
  | { step: 'raw_mail'; done: number }
  | { step: 'waiting'; agents: number }
  | { step: 'agents'; done: number; total: number };

const KEYS_AT_ONCE = 500;
const LOOK_EVERY_MS = 250;

/** Writes the whole archive to `sink`; gives its manifest. */
export async function writeBackup(deps: BackupDeps, sink: ByteSink): Promise<Manifest> {
  const archive = writeArchive(sink);
  const madeAt = deps.clock();
  try {
    await snapshotDatabase(deps.database, deps.scratch);
    return await withSqliteSource(deps.scratch, async (copy) => {
      const migrations = await copyStanding(copy);
      const about: About = { format: 1, version: deps.version, made_at: iso(madeAt), migrations };
      await addJson(archive, 'about.json', about, madeAt);
      const manifest: Manifest = {
        database: await addDatabase(archive, deps, madeAt),
        raw_mail: await addRawMail(archive, deps, copy, madeAt),
        agents: await addAgents(archive, deps, copy),
      };
      await addJson(archive, 'manifest.json', manifest, deps.clock());
      await archive.end();
      return manifest;
    });
  } finally {
    rmSync(deps.scratch, { force: true });
  }
}

const iso = (at: number) => new Date(at).toISOString();

async function addJson(archive: ArchiveWriter, name: string, value: unknown, at: number): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
  const head = { kind: 'file' as const, modifiedAt: at, executable: false, size: bytes.length };
  await archive.add(TOP, name, head, null, inOnePiece(bytes));
}

async function addDatabase(archive: ArchiveWriter, deps: BackupDeps, at: number) {
  const part = partHash();
  const { size, content } = fileContent(deps.scratch);
  const head = { kind: 'file' as const, modifiedAt: at, executable: false, size };
  await archive.add(TOP, 'database.sqlite', head, part, content);
  deps.onProgress({ step: 'database', bytes: size });
  return part.sum();
}

async function addRawMail(archive: ArchiveWriter, deps: BackupDeps, copy: Database, at: number) {
  const part = partHash();
  let done = 0;
  let missing = 0;
  for (let after = ''; ; ) {
    const keys = await rawKeysAfter(copy, after, KEYS_AT_ONCE);
    for (const key of keys) {
      const message = await deps.rawMail.stream(key).catch(absent);
      if (message === null) {
        missing += 1;
        deps.onLeftOut(`raw-mail/${key}.eml`, 'it is not there any more');
        continue;
      }
      const head = { kind: 'file' as const, modifiedAt: at, executable: false, size: message.size };
      await archive.add(`${TOP}raw-mail/`, `${key}.eml`, head, part, message.stream);
      deps.onProgress({ step: 'raw_mail', done: ++done });
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < KEYS_AT_ONCE) return { ...part.sum(), missing };
    after = last;
  }
}

function absent(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}

/** Those without a turn first; then the others, as their turns end. */
async function addAgents(archive: ArchiveWriter, deps: BackupDeps, copy: Database) {
  const ids = await agentIdsAfter(copy, '', Number.MAX_SAFE_INTEGER);
  const added: Manifest['agents'] = [];
  let waiting: string[] = [];
  const add = async (id: string) => {
    added.push(await addAgent(archive, deps, id));
    deps.onProgress({ step: 'agents', done: added.length, total: ids.length });
  };
  for (const id of ids) {
    if (await hasRunningJob(deps.db, id)) waiting.push(id);
    else await add(id);
  }
  const until = deps.clock() + deps.waitMs;
  while (waiting.length > 0) {
    const isOver = deps.clock() >= until;
    const still: string[] = [];
    for (const id of waiting) {
      if (!isOver && (await hasRunningJob(deps.db, id))) still.push(id);
      else await add(id);
    }
    waiting = still;
    if (waiting.length === 0) break;
    deps.onProgress({ step: 'waiting', agents: waiting.length });
    await pause(LOOK_EVERY_MS);
  }
  return added;
}

async function addAgent(archive: ArchiveWriter, deps: BackupDeps, id: string) {
  const began = deps.clock();
  const part = partHash();
  let leftOut = 0;
  const place = `${TOP}agents/${id}/`;
  await archive.add(`${TOP}agents/`, id, { kind: 'folder', modifiedAt: began }, null);
  await writeFolder(archive, place, deps.folders.readTree(id), part, (path, why) => {
    leftOut += 1;
    deps.onLeftOut(`agents/${id}/${path}`, why);
  });
  const duringTurn = await hadTurnSince(deps.db, id, began);
  return { id, ...part.sum(), during_turn: duringTurn, left_out: leftOut };
}
