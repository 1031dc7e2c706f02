/** One agent goes into an archive and a new one comes out of it; of a hostile archive nothing does. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { firstFiles } from '@tinyfat/core';
import {
  allowedSenders,
  budgetOf,
  currentSession,
  findAgent,
  insertAgent,
  setBudget,
  setCurrentSession,
} from '@tinyfat/database';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArchive } from '../archive/read-archive.ts';
import { type EntryHead, inOnePiece, partHash, writeArchive } from '../archive/write-archive.ts';
import { type DataFolder, openDataFolder } from '../data-folder.ts';
import { exportAgent } from './export-agent.ts';
import { importAgent, type Wanted } from './import-agent.ts';

const SESSION = '019ac8f2-51d3-7000-8000-000000000001';
const OWNER = 'owner@example.com';
let root: string;
let here: DataFolder;
let there: DataFolder;
let ids = 0;
beforeEach(async () => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-agent-'));
  for (const name of ['here', 'there']) {
    mkdirSync(join(root, name));
    await putFreshDatabase(join(root, name, 'tinyfat.sqlite'));
  }
  here = await openDataFolder({ dataDir: join(root, 'here'), database: null });
  there = await openDataFolder({ dataDir: join(root, 'there'), database: null });
  const agent = {
    ...{ id: 'scout-id', name: 'scout', owner: OWNER, egress: 'none', display_name: 'The Scout' },
    outbound: 'ask',
  };
  const files = firstFiles({ name: 'scout', address: 'scout@here.example', owner: OWNER, model: 'opus' });
  await here.folders.create(agent.id, files);
  await here.folders.write(agent.id, `sessions/2026_${SESSION}.jsonl`, '{"type":"session"}\n');
  await here.folders.write(agent.id, 'skills/one/run', '#!/bin/sh\n', { executable: true });
  symlinkSync('/etc/passwd', join(root, 'here/agents/scout-id/link'));
  await insertAgent(here.db, { ...agent, created_at: 1 }, ['ann@example.org', '@team.example.org']);
  await setBudget(here.db, {
    scope: 'agent',
    subject: agent.id,
    monthly_micro_usd: 5_000_000,
    updated_at: 1,
  });
  await setCurrentSession(here.db, { agentId: agent.id, scope: '', sessionId: SESSION, at: 1 });
});
afterEach(async () => {
  await here.close();
  await there.close();
  rmSync(root, { recursive: true, force: true });
});

async function exported(withHistory = false): Promise<Uint8Array[]> {
  const agent = await findAgent(here.db, 'scout');
  if (!agent) throw new Error('no agent');
  const out: Uint8Array[] = [];
  const deps = {
    ...here,
    clock: () => 5,
    version: '0.1.0',
    mailDomain: 'here.example',
    waitMs: 0,
    onLeftOut: () => {},
  };
  await exportAgent(deps, agent, { withHistory }, async (bytes) => void out.push(Buffer.from(bytes)));
  return out;
}
async function imported(archive: readonly Uint8Array[], wanted: Partial<Wanted> = {}) {
  const deps = {
    ...there,
    clock: () => 9,
    makeId: () => `new-${++ids}`,
    mailDomain: 'there.example',
  };
  return await importAgent(deps, { name: null, owner: null, ...wanted }, pieces(archive));
}
async function* pieces(archive: readonly Uint8Array[]) {
  yield* archive;
}

describe('an agent', () => {
  it('comes out with its settings, its files and its sessions, under a new id', async () => {
    const result = await imported(await exported());
    expect(result).toEqual({
      ok: true,
      address: 'scout@there.example',
      owner: OWNER,
      entries: ['@team.example.org', 'ann@example.org', OWNER],
      duringTurn: false,
    });
    const agent = await findAgent(there.db, 'scout');
    expect(agent).toMatchObject({
      id: `new-${ids}`,
      owner: OWNER,
      egress: 'none',
      outbound: 'ask',
      display_name: 'The Scout',
    });
    const id = agent?.id ?? '';
    expect(await allowedSenders(there.db, id)).toEqual(['@team.example.org', 'ann@example.org', OWNER]);
    expect(await budgetOf(there.db, 'agent', id)).toMatchObject({ monthly_micro_usd: 5_000_000 });
    expect(await currentSession(there.db, id, '')).toBe(SESSION);
    const folder = join(root, 'there/agents', id);
    expect(readFileSync(join(folder, `sessions/2026_${SESSION}.jsonl`), 'utf8')).toBe('{"type":"session"}\n');
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toContain('opus');
    expect(readFileSync(join(folder, 'MEMORY.md'), 'utf8')).toContain('- Address: scout@there.example\n');
    expect(await there.folders.read(id, 'link', 10)).toMatchObject({ ok: false, reason: 'not_a_file' });
  });

  it('is called and owned otherwise where that is asked for, and the owner of before may not write', async () => {
    const result = await imported(await exported(), { name: 'Second', owner: 'Bob@Example.net' });
    expect(result).toMatchObject({ ok: true, address: 'second@there.example', owner: 'bob@example.net' });
    const agent = await findAgent(there.db, 'second');
    expect(await allowedSenders(there.db, agent?.id ?? '')).not.toContain(OWNER);
    const memory = readFileSync(join(root, 'there/agents', agent?.id ?? '', 'MEMORY.md'), 'utf8');
    expect(memory).toContain('- Name: second\n- Address: second@there.example\n- Owner: bob@example.net\n');
    const again = await imported(await exported(), { name: 'second' });
    expect(again).toMatchObject({ ok: false, reason: expect.stringMatching(/Name it with --name/) });
    expect(readdirSync(join(root, 'there/agents'))).toEqual([agent?.id]);
  });

  it('has no key, token or secret address in it, and its history only where that is asked for', async () => {
    const names = async (archive: Uint8Array[]) => {
      const found: string[] = [];
      for await (const { path } of readArchive(pieces(archive)))
        found.push(path.replace('tinyfat-agent/', ''));
      return found.filter((path) => !path.startsWith('folder/'));
    };
    expect(await names(await exported())).toEqual(['agent.json', 'folder', 'manifest.json']);
    const mail = Object.fromEntries(
      (await here.db.introspection.getTables())
        .find(({ name }) => name === 'mails')
        ?.columns.map(({ name, isNullable, dataType }) => [
          name,
          isNullable ? null : /int/i.test(dataType) ? 1 : `x-${name}`,
        ]) ?? [],
    );
    await here.db
      .insertInto('mails')
      .values({ ...mail, id: 'mail-1', agent_id: 'scout-id' } as never)
      .execute();
    const whole = await exported(true);
    expect(await names(whole)).toEqual(['agent.json', 'folder', 'history/mails-0001.jsonl', 'manifest.json']);
    expect(await imported(whole)).toMatchObject({ ok: true });
    expect(await there.db.selectFrom('mails').selectAll().execute()).toEqual([]);
  });
});

describe('an archive of a stranger', () => {
  const AGENT = {
    format: 1,
    version: '0.1.0',
    exported_at: '2026-11-28',
    name: 'scout',
    address: 'scout@x.example',
    owner: OWNER,
    display_name: '',
    egress: 'public',
    allowed_senders: [OWNER],
    monthly_micro_usd: null,
    sessions: [],
  };
  type Given = [path: string, head?: EntryHead, text?: string];
  const link = (target: string): EntryHead => ({ kind: 'link', modifiedAt: 0, target });

  async function make(
    agent: unknown,
    entries: readonly Given[] = [],
    sha256?: string,
  ): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    const archive = writeArchive(async (bytes) => void out.push(Buffer.from(bytes)));
    const part = partHash();
    const add = async (path: string, text: string, given?: EntryHead, counted = false) => {
      const head = given ?? {
        kind: 'file' as const,
        modifiedAt: 0,
        executable: false,
        size: Buffer.byteLength(text),
      };
      const inside = counted ? path.slice('folder/'.length) : path;
      const place = counted ? 'tinyfat-agent/folder/' : 'tinyfat-agent/';
      await archive.add(place, inside, head, counted ? part : null, inOnePiece(Buffer.from(text)));
    };
    if (agent !== null) await add('agent.json', JSON.stringify(agent));
    for (const [path, head, text = 'x'] of entries) await add(path, text, head, path.startsWith('folder/'));
    const sum = { ...part.sum(), during_turn: false };
    await add('manifest.json', JSON.stringify(sha256 === undefined ? sum : { ...sum, sha256 }));
    await archive.end();
    return out;
  }
  async function refusal(archive: readonly Uint8Array[]): Promise<string> {
    const result = await imported(archive);
    expect(await there.db.selectFrom('agents').selectAll().execute()).toEqual([]);
    expect(readdirSync(join(root, 'there/agents'))).toEqual([]);
    expect(existsSync(join(root, 'escape'))).toBe(false);
    return result.ok ? 'was imported' : result.reason;
  }

  it('lets its agent write to nobody but those that it knows', async () => {
    expect(await imported(await make({ ...AGENT, outbound: 'anyone' }))).toMatchObject({ ok: true });
    expect(await findAgent(there.db, 'scout')).toMatchObject({ outbound: 'known', paused_at: null });
  });

  it.each<[string, object, RegExp]>([
    ['a name that is none', { name: '../up' }, /name.*--name/],
    ['a reserved name', { name: 'postmaster' }, /name.*--name/],
    ['an owner that is no address', { owner: 'nobody' }, /owner.*--owner/],
    ['a list with something else on it', { allowed_senders: ['@'] }, /list of allowed senders/],
    ['an egress that is none', { egress: 'http://*' }, /egress/],
    ['a display name with a line break', { display_name: 'a\r\nBcc: x@y.z' }, /display name/],
    [
      'a session that is no id',
      { sessions: [{ scope: '', session_id: '../../x' }] },
      /agent\.json.*sessions/,
    ],
    ['a budget below nothing', { monthly_micro_usd: -1 }, /agent\.json.*monthly/],
    ['a later format', { format: 2 }, /newer tinyfat/],
  ])('with %s is refused', async (_, change, reason) => {
    expect(await refusal(await make({ ...AGENT, ...change }))).toMatch(reason);
  });

  it.each<[string, Given[], RegExp]>([
    ['a path out of its folder', [['folder/../../../escape']], /no path below/],
    ['a file through a link', [['folder/way', link('../../..')], ['folder/way/escape']], /no folder/],
    ['a file over a link', [['folder/f', link('../../../escape')], ['folder/f']], /there twice/],
    ['files beside its folder', [['outside/x']], /nothing that an agent has/],
  ])('with %s is refused', async (_, entries, reason) => {
    expect(await refusal(await make(AGENT, entries))).toMatch(reason);
  });

  it('without its beginning or its end, or with another content than it says, is refused', async () => {
    expect(await refusal(await make(null))).toMatch(/no agent of tinyfat/);
    expect(await refusal(await make(AGENT, [['folder/a']], '0'.repeat(64)))).toMatch(/damaged/);
    const whole = Buffer.concat(await make(AGENT, [['folder/a']]));
    expect(await refusal([whole.subarray(0, 1024 + 512)])).toMatch(/cut off/);
  });
});
