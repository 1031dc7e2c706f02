/** Writes one agent into an archive: its settings and its folder, with what is on record if that is asked for. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, storedOutbound } from '@tinyfat/core';
import {
  type Agent,
  allowedSenders,
  budgetOf,
  HISTORY_TABLES,
  hadTurnSince,
  hasRunningJob,
  historyAfter,
  sessionsByScope,
} from '@tinyfat/database';
import {
  type ArchiveWriter,
  type ByteSink,
  inOnePiece,
  partHash,
  writeArchive,
} from '../archive/write-archive.ts';
import { type OnLeftOut, writeFolder } from '../backup/write-folder.ts';
import type { Stores } from '../data-folder.ts';
import { type AgentManifest, type ExportedAgent, TOP } from './format.ts';

export interface ExportDeps extends Pick<Stores, 'db' | 'folders'> {
  clock: Clock;
  version: string;
  mailDomain: string;
  /** How long the end of a turn that is under way may be waited for, ms. */
  waitMs: number;
  onLeftOut: OnLeftOut;
}

/** Rows in one file of the history. */
const ROWS_AT_ONCE = 500;
const LOOK_EVERY_MS = 250;

/** Writes the whole archive to `sink`. */
export async function exportAgent(
  deps: ExportDeps,
  agent: Agent,
  { withHistory }: { withHistory: boolean },
  sink: ByteSink,
): Promise<AgentManifest> {
  await awaitTurn(deps, agent.id);
  const archive = writeArchive(sink);
  const began = deps.clock();
  const part = partHash();
  await addText(
    archive,
    'agent.json',
    `${JSON.stringify(await settingsOf(deps, agent, began), null, 1)}\n`,
    began,
  );
  await archive.add(TOP, 'folder', { kind: 'folder', modifiedAt: began }, null);
  await writeFolder(archive, `${TOP}folder/`, deps.folders.readTree(agent.id), part, deps.onLeftOut);
  if (withHistory) await addHistory(archive, deps, agent.id, began);
  const manifest = { ...part.sum(), during_turn: await hadTurnSince(deps.db, agent.id, began) };
  await addText(archive, 'manifest.json', `${JSON.stringify(manifest, null, 1)}\n`, began);
  await archive.end();
  return manifest;
}

async function awaitTurn({ db, clock, waitMs }: ExportDeps, agentId: string): Promise<void> {
  const until = clock() + waitMs;
  while (clock() < until && (await hasRunningJob(db, agentId))) await pause(LOOK_EVERY_MS);
}

async function settingsOf(deps: ExportDeps, agent: Agent, at: number): Promise<ExportedAgent> {
  const { db, mailDomain, version } = deps;
  const { id, name, owner, display_name, egress } = agent;
  return {
    format: 1,
    version,
    exported_at: new Date(at).toISOString(),
    name,
    address: `${name}@${mailDomain}`,
    owner,
    display_name,
    egress,
    outbound: storedOutbound(agent.outbound),
    allowed_senders: await allowedSenders(db, id),
    monthly_micro_usd: (await budgetOf(db, 'agent', id))?.monthly_micro_usd ?? null,
    sessions: await sessionsByScope(db, id),
  };
}

/** JSON lines, in files of some hundred rows: for people and their programs, an import does not read them. */
async function addHistory(
  archive: ArchiveWriter,
  deps: ExportDeps,
  agentId: string,
  at: number,
): Promise<void> {
  for (const table of HISTORY_TABLES) {
    let after = '';
    for (let file = 1; ; file++) {
      const rows = await historyAfter(deps.db, table, { agentId, after, limit: ROWS_AT_ONCE });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      const name = `history/${table}-${String(file).padStart(4, '0')}.jsonl`;
      await addText(archive, name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), at);
    }
  }
}

async function addText(archive: ArchiveWriter, name: string, text: string, at: number): Promise<void> {
  const bytes = Buffer.from(text);
  const head = { kind: 'file' as const, modifiedAt: at, executable: false, size: bytes.length };
  await archive.add(TOP, name, head, null, inOnePiece(bytes));
}
