/** A backup that a stranger made or changed: it is refused with a reason, and nothing is outside of the folder. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MAX_MESSAGE_BYTES } from '@tinyfat/core';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFixture } from '../../../../packages/database/src/upgrades/fixtures.ts';
import { type EntryHead, inOnePiece, partHash, writeArchive } from '../archive/write-archive.ts';
import { openDataFolder } from '../data-folder.ts';
import { restoreBackup } from './restore.ts';
import { fileContent } from './snapshot.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-hostile-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const dataDir = () => join(root, 'restored');

const ABOUT = { format: 1, version: '0.1.0', made_at: '2026-11-28', migrations: ['0001-start'] };
interface Given {
  path: string;
  text?: string;
  head?: EntryHead;
}

/** A backup with a right manifest over these entries, which stand between the database and the manifest. */
async function make(
  entries: readonly Given[],
  { about = ABOUT, prepare = '', last = true }: { about?: unknown; prepare?: string; last?: boolean } = {},
): Promise<Uint8Array[]> {
  const file = join(root, 'made.sqlite');
  rmSync(file, { force: true });
  makeFixture('0014-awaiting-approval', file);
  const db = new DatabaseSync(file);
  db.exec(`pragma journal_mode = delete; ${prepare}`);
  db.close();
  const out: Uint8Array[] = [];
  const archive = writeArchive(async (bytes) => void out.push(Buffer.from(bytes)));
  const parts = { database: partHash(), raw_mail: partHash() };
  const agents = new Map<string, ReturnType<typeof partHash>>();
  const add = async (
    { path, text = '', head }: Given,
    part: ReturnType<typeof partHash> | null,
    inside = path,
  ) => {
    const plain = { kind: 'file' as const, modifiedAt: 0, executable: false, size: Buffer.byteLength(text) };
    const prefix = path.slice(0, path.length - inside.length);
    await archive.add(prefix, inside, head ?? plain, part, inOnePiece(Buffer.from(text)));
  };
  if (about !== null) await add({ path: 'tinyfat-backup/about.json', text: JSON.stringify(about) }, null);
  const { size, content } = fileContent(file);
  const head = { kind: 'file' as const, modifiedAt: 0, executable: false, size };
  await archive.add('tinyfat-backup/', 'database.sqlite', head, parts.database, content);
  for (const entry of entries) {
    const [, id = '', inside] = /^tinyfat-backup\/agents\/([^/]*)(?:\/(.*))?$/s.exec(entry.path) ?? [];
    const raw = /^tinyfat-backup\/raw-mail\/(.*)$/s.exec(entry.path)?.[1];
    if (inside === undefined && id !== '') agents.set(id, partHash());
    await add(
      entry,
      inside ? (agents.get(id) ?? null) : raw ? parts.raw_mail : null,
      inside ?? raw ?? entry.path,
    );
  }
  const manifest = {
    database: parts.database.sum(),
    raw_mail: { ...parts.raw_mail.sum(), missing: 0 },
    agents: [...agents].map(([id, part]) => ({ id, ...part.sum(), during_turn: false, left_out: 0 })),
  };
  if (last) await add({ path: 'tinyfat-backup/manifest.json', text: JSON.stringify(manifest) }, null);
  await archive.end();
  return out;
}

async function restore(archive: readonly Uint8Array[]) {
  return await restoreBackup({
    settings: { dataDir: dataDir(), database: null },
    source: async function* () {
      yield* archive;
    },
    keys: null,
    onProgress: () => {},
  });
}
async function refusal(archive: readonly Uint8Array[]): Promise<string> {
  const restored = await restore(archive);
  await expect(openDataFolder({ dataDir: dataDir(), database: null })).rejects.toThrow('cut off');
  expect(readdirSync(root).filter((name) => !['restored', 'made.sqlite'].includes(name))).toEqual([]);
  return restored.ok ? 'was restored' : restored.reason;
}

const folder: EntryHead = { kind: 'folder', modifiedAt: 0 };
const link = (target: string): EntryHead => ({ kind: 'link', modifiedAt: 0, target });
const SCOUT = { path: 'tinyfat-backup/agents/scout', head: folder };
const inScout = (path: string, more: Partial<Given> = {}): Given => ({
  path: `tinyfat-backup/agents/scout/${path}`,
  ...more,
});

it('is restored where nothing is wrong with it, with links as links', async () => {
  const entries = [
    SCOUT,
    inScout('MEMORY.md', { text: 'm' }),
    inScout('out', { head: link('../../../escape') }),
  ];
  expect(await restore(await make(entries))).toMatchObject({ ok: true });
  expect(existsSync(join(root, 'escape'))).toBe(false);
});

it.each<[string, Given[], RegExp]>([
  [
    'a path out of the folder',
    [SCOUT, inScout('../../../escape', { text: 'x' })],
    /no path below the folder/,
  ],
  ['an absolute path', [{ path: '/etc/cron.d/escape', text: 'x' }], /nothing that a backup holds/],
  [
    'a path beside the backup',
    [{ path: 'tinyfat-backup/../escape', text: 'x' }],
    /nothing that a backup holds/,
  ],
  ['an agent of no id', [{ path: 'tinyfat-backup/agents/..', head: folder }], /nothing that a backup holds/],
  [
    'a file through a link',
    [SCOUT, inScout('way', { head: link('../../..') }), inScout('way/escape')],
    /no folder/,
  ],
  [
    'a file over a link',
    [SCOUT, inScout('f', { head: link('../../../escape') }), inScout('f')],
    /there twice/,
  ],
  ['an agent twice', [SCOUT, SCOUT], /there twice/],
  [
    'an entry of another agent',
    [SCOUT, { path: 'tinyfat-backup/agents/other', head: folder }, inScout('late')],
    /outside of its folder/,
  ],
  [
    'a message under a name of its own',
    [{ path: 'tinyfat-backup/raw-mail/../../x.eml', text: 'x' }],
    /nothing that/,
  ],
  [
    'a message that is a link',
    [{ path: 'tinyfat-backup/raw-mail/abcd.eml', head: link('/etc/passwd') }],
    /no file/,
  ],
  [
    'a message larger than any',
    [
      {
        path: 'tinyfat-backup/raw-mail/abcd.eml',
        head: { kind: 'file', modifiedAt: 0, executable: false, size: MAX_MESSAGE_BYTES + 1 },
      },
    ],
    /too large/,
  ],
])('with %s is refused', async (_, entries, reason) => {
  expect(await refusal(await make(entries))).toMatch(reason);
});

it('whose content is not that of its manifest is refused, wherever it was changed', async () => {
  const entries = [
    SCOUT,
    inScout('MEMORY.md', { text: 'TEXT-A' }),
    { path: 'tinyfat-backup/raw-mail/abcd.eml', text: 'TEXT-B' },
  ];
  const whole = Buffer.concat(await make(entries));
  for (const [text, what] of [
    ['TEXT-A', 'agents/scout'],
    ['TEXT-B', 'raw mail'],
    ['SQLite format 3', 'the database'],
  ] as const) {
    const changed = Buffer.from(whole);
    changed.write('x', changed.indexOf(text) + 2, 'latin1');
    expect(await refusal([changed])).toContain(`is not what its manifest says (${what})`);
  }
});

it('without its end, its beginning or an agent is refused', async () => {
  expect(await refusal(await make([], { last: false }))).toMatch(/cut off/);
  expect(await refusal(await make([], { about: null }))).toMatch(/no backup of tinyfat/);
  expect(await refusal(await make([], { about: { ...ABOUT, format: 2 } }))).toMatch(/newer tinyfat/);
  expect(await refusal(await make([], { about: { ...ABOUT, migrations: ['9000-x'] } }))).toMatch(
    /newer tinyfat/,
  );
  const whole = Buffer.concat(await make([]));
  expect(await refusal([whole.subarray(0, whole.length / 2)])).toMatch(/cut off/);
});

it('whose database would run something, or is none, is refused', async () => {
  for (const prepare of [
    'create view v as select 1',
    'create trigger t after insert on mails begin delete from agents; end',
    'create virtual table f using fts5(x)',
  ]) {
    expect(await refusal(await make([], { prepare }))).toMatch(/no database that tinyfat has made/);
  }
  const reason = await refusal(await make([], { prepare: 'create table more (id text primary key)' }));
  expect(reason).toMatch(/tables that tinyfat does not know/);
});
