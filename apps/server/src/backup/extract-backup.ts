/**
 * Reads a backup, which a stranger may have made, and puts its parts where they belong as they come. Only entries of a
 * backup's own names are taken, each bounded; at the end everything must be what the manifest says. Until then what was
 * put there is worth nothing: the caller holds the place for unfinished.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { MAX_MESSAGE_BYTES, type RawMailStore } from '@tinyfat/core';
import type { FolderTrees, TreeWriter } from '@tinyfat/storage';
import { ArchiveError } from '@tinyfat/storage/tar';
import { type ArchiveEntry, readArchive } from '../archive/read-archive.ts';
import { type PartHash, type PartSum, partHash } from '../archive/write-archive.ts';
import type { Stores } from '../data-folder.ts';
import {
  type About,
  MAX_ABOUT_BYTES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  parseAbout,
  parseManifest,
  TOP,
} from './manifest.ts';

export interface ExtractDeps {
  rawMail: RawMailStore;
  folders: Pick<Stores['folders'], 'remove'> & Pick<FolderTrees, 'writeTree'>;
  /** Path of a file that is made for the database. */
  scratch: string;
  /** Looks at the backup before anything is taken of it; throws to refuse. */
  onAbout(about: About): void;
  onProgress(done: { messages: number; agents: number }): void;
}

const RAW_MAIL = /^raw-mail\/([a-z0-9-]{4,80})\.eml$/;
const AGENT = /^agents\/([a-z0-9][a-z0-9-]{0,63})(?:\/(.+))?$/s;

/** Takes the whole backup. Throws an ArchiveError, which says what is wrong with it. */
export async function extractBackup(
  deps: ExtractDeps,
  source: AsyncIterable<Uint8Array>,
): Promise<{ about: About; manifest: Manifest }> {
  let about: About | null = null;
  let manifest: Manifest | null = null;
  const sums = { database: partHash(), raw_mail: partHash(), agents: new Map<string, PartHash>() };
  const agents = agentFolders(deps);
  const done = { messages: 0, agents: 0 };
  try {
    for await (const entry of readArchive(source)) {
      if (manifest !== null) throw new ArchiveError('The archive goes on after its end.');
      const path = entry.path.startsWith(TOP) ? entry.path.slice(TOP.length) : null;
      if (about === null) {
        if (path !== 'about.json') throw new ArchiveError('The archive is no backup of tinyfat.');
        about = parseAbout(await textOf(entry, MAX_ABOUT_BYTES));
        deps.onAbout(about);
        continue;
      }
      const key = RAW_MAIL.exec(path ?? '')?.[1];
      const agent = AGENT.exec(path ?? '');
      if (path === 'manifest.json') {
        manifest = parseManifest(await textOf(entry, MAX_MANIFEST_BYTES));
      } else if (path === 'database.sqlite') {
        await writeFileOf(entry, deps.scratch);
        sums.database.add('database.sqlite', entry.head, entry.sha256());
      } else if (key !== undefined) {
        await deps.rawMail.put(key, await bytesOf(entry, MAX_MESSAGE_BYTES));
        sums.raw_mail.add(`${key}.eml`, entry.head, entry.sha256());
        deps.onProgress({ ...done, messages: ++done.messages });
      } else if (agent?.[1] !== undefined) {
        const [, id, inside] = agent;
        if (inside === undefined) {
          if (sums.agents.has(id)) throw odd(entry, 'is there twice');
          sums.agents.set(id, partHash());
          await agents.begin(id);
          deps.onProgress({ ...done, agents: ++done.agents });
        } else {
          await agents.add(id, inside, entry);
          sums.agents.get(id)?.add(inside, entry.head, entry.sha256());
        }
      } else throw odd(entry, 'is nothing that a backup holds');
    }
  } finally {
    agents.end();
  }
  if (about === null || manifest === null) throw new ArchiveError('The archive has no end: it was cut off.');
  verify(manifest, sums);
  return { about, manifest };
}

/** One folder is open at a time: an agent's entries come together. */
function agentFolders(deps: ExtractDeps) {
  let open: { id: string; tree: TreeWriter } | null = null;
  return {
    async begin(id: string) {
      open?.tree.close();
      open = null;
      await deps.folders.remove(id);
      open = { id, tree: deps.folders.writeTree(id) };
    },
    async add(id: string, path: string, entry: ArchiveEntry) {
      if (open?.id !== id) throw odd(entry, 'stands outside of its folder');
      const planted = await plant(open.tree, path, entry);
      if (!planted.ok) throw odd(entry, planted.reason);
    },
    end() {
      open?.tree.close();
    },
  };
}

/** Writes one entry into a folder; the reason is a sentence part. */
export async function plant(tree: TreeWriter, path: string, { head, content }: ArchiveEntry) {
  if (head.kind === 'folder') return await tree.folder(path);
  if (head.kind === 'link') return await tree.link(path, head.target);
  return await tree.file(path, content, head);
}

/** The content of a small entry as text. Throws an ArchiveError for a large one. */
export async function textOf(entry: ArchiveEntry, most: number): Promise<string> {
  return new TextDecoder().decode(await bytesOf(entry, most));
}

async function bytesOf(entry: ArchiveEntry, most: number): Promise<Uint8Array> {
  if (entry.head.kind !== 'file') throw odd(entry, 'is no file');
  if (entry.head.size > most) throw odd(entry, 'is too large');
  const pieces: Uint8Array[] = [];
  for await (const piece of entry.content) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function writeFileOf(entry: ArchiveEntry, path: string): Promise<void> {
  if (entry.head.kind !== 'file') throw odd(entry, 'is no file');
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    for await (const piece of entry.content) {
      for (let written = 0; written < piece.length; ) {
        written += (await file.write(piece, written)).bytesWritten;
      }
    }
  } finally {
    await file.close();
  }
}

function odd(entry: ArchiveEntry, what: string): ArchiveError {
  return new ArchiveError(
    `The archive can not be used: ${JSON.stringify(entry.path.slice(0, 300))} ${what}.`,
  );
}

function verify(
  manifest: Manifest,
  sums: { database: PartHash; raw_mail: PartHash; agents: ReadonlyMap<string, PartHash> },
): void {
  const differs = [
    ...(isSame(manifest.database, sums.database) ? [] : ['the database']),
    ...(isSame(manifest.raw_mail, sums.raw_mail) ? [] : ['raw mail']),
    ...manifest.agents.flatMap((agent) =>
      isSame(agent, sums.agents.get(agent.id)) ? [] : [`agents/${agent.id}`],
    ),
  ];
  if (differs.length === 0 && manifest.agents.length === sums.agents.size) return;
  const what = differs.slice(0, 5).join(', ') || 'the list of agents';
  throw new ArchiveError(`The archive is damaged: what it holds is not what its manifest says (${what}).`);
}

function isSame(wanted: PartSum, found: PartHash | undefined): boolean {
  const sum = found?.sum();
  return sum?.sha256 === wanted.sha256 && sum.files === wanted.files && sum.bytes === wanted.bytes;
}
