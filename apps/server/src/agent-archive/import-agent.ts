/**
 * Makes a new agent out of an archive, which a stranger may have made: every setting is checked as one that is typed, every
 * file lands below the new agent's own folder, and the agent exists only once all of it is there and is what its manifest
 * says. It has a new id: nothing of the agent that was exported is touched.
 */
import {
  agentName,
  type Clock,
  canonicalAddress,
  egressText,
  firstFiles,
  type MakeId,
  parseAllowEntry,
  parseDisplayName,
  parseEgress,
  renderError,
} from '@tinyfat/core';
import { findAgent, insertAgent, setBudget, setCurrentSession } from '@tinyfat/database';
import { ArchiveError } from '@tinyfat/storage/tar';
import { type ArchiveEntry, readArchive } from '../archive/read-archive.ts';
import { partHash } from '../archive/write-archive.ts';
import { plant, textOf } from '../backup/extract-backup.ts';
import type { Stores } from '../data-folder.ts';
import {
  type AgentManifest,
  type ExportedAgent,
  MAX_JSON_BYTES,
  parseAgentManifest,
  parseExported,
  TOP,
} from './format.ts';

export interface ImportDeps extends Pick<Stores, 'db' | 'folders'> {
  clock: Clock;
  makeId: MakeId;
  mailDomain: string;
}

/** What the new agent is to be called and whose it is to be; null: as in the archive. */
export interface Wanted {
  name: string | null;
  owner: string | null;
}

/** The new agent; or a sentence on why there is none. */
export type Imported =
  | { ok: true; address: string; owner: string; entries: string[]; duringTurn: boolean }
  | { ok: false; reason: string };

/** Settings after they were checked, in canonical form. */
interface Checked {
  name: string;
  address: string;
  owner: string;
  entries: string[];
  displayName: string;
  egress: string;
}

const MAX_MEMORY_BYTES = 1_000_000;

/** Imports. Throws what the disk and the database do; then the folder goes again. */
export async function importAgent(
  deps: ImportDeps,
  wanted: Wanted,
  source: AsyncIterable<Uint8Array>,
): Promise<Imported> {
  const id = deps.makeId();
  let done = false;
  try {
    const imported = await importAs(deps, id, wanted, source);
    done = imported.ok;
    return imported;
  } catch (error) {
    if (error instanceof ArchiveError) return { ok: false, reason: error.message };
    throw error;
  } finally {
    if (!done) await deps.folders.remove(id);
  }
}

async function importAs(
  deps: ImportDeps,
  id: string,
  wanted: Wanted,
  source: AsyncIterable<Uint8Array>,
): Promise<Imported> {
  const { db, folders } = deps;
  let settings: { exported: ExportedAgent; checked: Checked } | null = null;
  let manifest: AgentManifest | null = null;
  const part = partHash();
  const tree = folders.writeTree(id);
  try {
    for await (const entry of readArchive(source)) {
      const path = entry.path.startsWith(TOP) ? entry.path.slice(TOP.length) : '';
      if (manifest !== null) throw new ArchiveError('The archive goes on after its end.');
      if (settings === null) {
        if (path !== 'agent.json') throw new ArchiveError('The archive is no agent of tinyfat.');
        const exported = parseExported(await textOf(entry, MAX_JSON_BYTES));
        const checked = await check(deps, exported, wanted);
        if (!checked.ok) return checked;
        settings = { exported, checked: checked.settings };
      } else if (path === 'manifest.json') {
        manifest = parseAgentManifest(await textOf(entry, MAX_JSON_BYTES));
      } else if (path.startsWith('folder/')) {
        const inside = path.slice('folder/'.length);
        const planted = await plant(tree, inside, entry);
        if (!planted.ok) throw odd(entry, planted.reason);
        part.add(inside, entry.head, entry.sha256());
      } else if (path !== 'folder' && !path.startsWith('history/')) {
        throw odd(entry, 'is nothing that an agent has');
      }
    }
  } finally {
    tree.close();
  }
  if (settings === null || manifest === null)
    throw new ArchiveError('The archive has no end: it was cut off.');
  if (part.sum().sha256 !== manifest.sha256) {
    throw new ArchiveError('The archive is damaged: its files are not what its manifest says.');
  }
  const { exported, checked } = settings;
  const { name, address, owner, entries } = checked;
  await folders.create(id, firstFiles({ name, address, owner, model: undefined }));
  await renameInMemory(deps, id, exported, checked);
  const at = deps.clock();
  const agent = {
    id,
    name,
    owner,
    egress: checked.egress,
    // That it may write to anyone is no archive's to say: who runs this server sets it anew.
    outbound: exported.outbound === 'ask' ? 'ask' : 'known',
    display_name: checked.displayName,
    created_at: at,
  };
  const isNew = await insertAgent(db, agent, entries, async (tx) => {
    for (const { scope, session_id: sessionId } of exported.sessions) {
      await setCurrentSession(tx, { agentId: id, scope, sessionId, at });
    }
    const { monthly_micro_usd } = exported;
    if (monthly_micro_usd !== null) {
      await setBudget(tx, { scope: 'agent', subject: id, monthly_micro_usd, updated_at: at });
    }
  });
  if (!isNew) return taken(name);
  return { ok: true, address, owner, entries, duringTurn: manifest.during_turn };
}

/** Refuses before any file is written. */
async function check(
  deps: ImportDeps,
  exported: ExportedAgent,
  wanted: Wanted,
): Promise<{ ok: true; settings: Checked } | { ok: false; reason: string }> {
  const wrong = (what: string, why: string) => ({
    ok: false as const,
    reason: `The agent's ${what}: ${why}`,
  });
  const name = agentName(wanted.name ?? exported.name);
  if (!name.ok) return wrong('name', `${name.reason} Name it with --name.`);
  const address = canonicalAddress(`${name.name}@${deps.mailDomain}`);
  if (!address.ok) return wrong('name', 'it is too long for an address at this domain. Name it with --name.');
  if (await findAgent(deps.db, name.name)) return taken(name.name);
  const owner = canonicalAddress(wanted.owner ?? exported.owner);
  if (!owner.ok) return wrong('owner', `${owner.reason} Name one with --owner.`);
  const displayName = parseDisplayName(exported.display_name);
  if (!displayName.ok) return wrong('display name', displayName.reason);
  const egress = parseEgress(exported.egress);
  if (!egress.ok) return wrong('egress', egress.reason);
  const entries: string[] = [];
  for (const text of exported.allowed_senders) {
    const parsed = parseAllowEntry(text);
    if (!parsed.ok)
      return wrong('list of allowed senders', `${JSON.stringify(text.slice(0, 100))}: ${parsed.reason}`);
    // The owner of before is there as an owner, and may be nobody here.
    if (parsed.entry.text !== exported.owner || exported.owner === owner.address)
      entries.push(parsed.entry.text);
  }
  const settings = {
    name: name.name,
    address: address.address,
    owner: owner.address,
    entries,
    displayName: displayName.name,
    egress: egressText(egress.policy),
  };
  return { ok: true, settings };
}

/** The lines of MEMORY.md that a new agent begins with say who it is; those that still stand there are brought up to date. */
async function renameInMemory(
  { folders }: ImportDeps,
  id: string,
  before: ExportedAgent,
  now: Checked,
): Promise<void> {
  const file = await folders.read(id, 'MEMORY.md', MAX_MEMORY_BYTES);
  if (!file.ok) return;
  const lines = new Map([
    [`- Name: ${before.name}`, `- Name: ${now.name}`],
    [`- Address: ${before.address}`, `- Address: ${now.address}`],
    [`- Owner: ${before.owner}`, `- Owner: ${now.owner}`],
  ]);
  const text = Buffer.from(file.bytes).toString('utf8');
  const renamed = text
    .split('\n')
    .map((line) => lines.get(line) ?? line)
    .join('\n');
  if (renamed !== text) await folders.write(id, 'MEMORY.md', renamed);
}

function taken(name: string): { ok: false; reason: string } {
  return {
    ok: false,
    reason: `${renderError('agent_name_taken', `Asked for: ${name}.`)} Name it with --name.`,
  };
}

function odd(entry: ArchiveEntry, what: string): ArchiveError {
  return new ArchiveError(
    `The archive can not be used: ${JSON.stringify(entry.path.slice(0, 300))} ${what}.`,
  );
}
