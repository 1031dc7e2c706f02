/** Invariant 6: what an agent leaves in its folder never makes the host touch anything else. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentFolders } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryFolders } from './directory.ts';
import { listFolder } from './list-folder.ts';
import { openRoot } from './open-below.ts';

describe('a hostile agent folder', () => {
  let base: string;
  let agent: string;
  let folders: AgentFolders;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'tinyfat-hostile-'));
    folders = directoryFolders({ folder: join(base, 'agents'), owner: null });
    await folders.create('agent-a', {});
    agent = join(base, 'agents/agent-a');
    writeFileSync(join(base, 'secret'), 'SECRET');
    mkdirSync(join(base, 'outside'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const reason = async (path: string) => {
    const outcome = await folders.read('agent-a', path, 1000);
    const streamed = await folders.stream('agent-a', path, 1000);
    const said = outcome.ok ? new TextDecoder().decode(outcome.bytes) : outcome.reason;
    expect(streamed.ok ? await new Response(streamed.stream).text() : streamed.reason).toBe(said);
    return said;
  };

  it('reads no link, no hard link, no pipe and no file behind a linked folder', async () => {
    symlinkSync(join(base, 'secret'), join(agent, 'outbox/email/link.json'));
    linkSync(join(base, 'secret'), join(agent, 'outbox/email/hard.json'));
    execFileSync('mkfifo', [join(agent, 'outbox/email/pipe.json')]);
    rmSync(join(agent, 'events'), { recursive: true });
    symlinkSync(base, join(agent, 'events'));
    expect(await reason('outbox/email/link.json')).toBe('not_a_file');
    expect(await reason('outbox/email/hard.json')).toBe('hard_linked');
    expect(await reason('outbox/email/pipe.json')).toBe('not_a_file');
    expect(await reason('events/secret')).toBe('missing');
    expect(await folders.list('agent-a', 'events', 10)).toEqual([]);
  });

  it('writes through no linked folder and onto no link', async () => {
    rmSync(join(agent, 'outbox/sent'), { recursive: true });
    symlinkSync(join(base, 'outside'), join(agent, 'outbox/sent'));
    await expect(folders.write('agent-a', 'outbox/sent/x.json', 'no')).rejects.toThrow();
    symlinkSync(join(base, 'secret'), join(agent, 'outbox/failed/x.json'));
    await folders.write('agent-a', 'outbox/failed/x.json', 'record');
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('SECRET');
    expect(await reason('outbox/failed/x.json')).toBe('record');
    expect(execFileSync('ls', ['-A', join(base, 'outside')], { encoding: 'utf8' })).toBe('');
  });

  it('removes a folder without going through a link in it, or being one', async () => {
    mkdirSync(join(agent, 'skills/own'));
    symlinkSync(join(base, 'outside'), join(agent, 'skills/own/out'));
    symlinkSync(join(base, 'secret'), join(agent, 'skills/own/SKILL.md'));
    symlinkSync(join(base, 'outside'), join(agent, 'skills/linked'));
    writeFileSync(join(base, 'outside/keep'), 'keep');
    expect(await folders.removeFolder('agent-a', 'skills/own')).toBe(true);
    expect(await folders.removeFolder('agent-a', 'skills/linked')).toBe(true);
    expect(await folders.removeFolder('agent-a', 'skills/linked/keep')).toBe(true);
    expect(readdirSync(join(agent, 'skills'))).toEqual([]);
    expect(readFileSync(join(base, 'outside/keep'), 'utf8')).toBe('keep');
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('SECRET');
  });

  it('gives a folder that is nested without end up, and stays alive', async () => {
    mkdirSync(join(agent, 'skills/deep', ...Array.from({ length: 100 }, () => 'd')), { recursive: true });
    expect(await folders.removeFolder('agent-a', 'skills/deep')).toBe(false);
  });

  it('lists a full folder in slices, and lets others run meanwhile', async () => {
    for (let number = 0; number < 1500; number += 1) writeFileSync(join(agent, 'sessions', `${number}`), '');
    let turns = 0;
    let listed = false;
    const count = () => {
      turns += 1;
      if (!listed) setImmediate(count);
    };
    setImmediate(count);
    const entries = await folders.list('agent-a', 'sessions', 10_000);
    listed = true;
    expect(entries).toHaveLength(1500);
    expect(turns).toBeGreaterThan(10);
  });

  it('reads a bounded number of names, whatever the folder holds', async () => {
    for (let number = 0; number < 500; number += 1) writeFileSync(join(agent, 'sessions', `${number}`), '');
    const fd = openRoot(join(agent, 'sessions'));
    try {
      expect(await listFolder(fd, 1000, {}, 300)).toHaveLength(300);
      expect(await listFolder(fd, 10, {}, 300)).toHaveLength(10);
      const last = await listFolder(fd, 3, { last: true, only: (name) => !name.startsWith('49') });
      expect(last.map(({ name }) => name)).toEqual(['97', '98', '99']);
    } finally {
      closeSync(fd);
    }
  });

  it('sets thousands of files aside by one rename, through no link', async () => {
    for (let number = 0; number < 1200; number += 1)
      writeFileSync(join(agent, 'outbox/email', `${number}.json`), '');
    await folders.setAside('agent-a', 'outbox/email', 'outbox/failed/aside', ['7.json']);
    expect(readdirSync(join(agent, 'outbox/email'))).toEqual(['7.json']);
    expect(readdirSync(join(agent, 'outbox/failed/aside'))).toHaveLength(1199);
    rmSync(join(agent, 'outbox/email'), { recursive: true });
    symlinkSync(join(base, 'outside'), join(agent, 'outbox/email'));
    await expect(folders.setAside('agent-a', 'outbox/email', 'outbox/failed/other', [])).rejects.toThrow();
    symlinkSync(join(base, 'outside'), join(agent, 'outbox/failed/planted'));
    rmSync(join(agent, 'outbox/email'));
    mkdirSync(join(agent, 'outbox/email'));
    await expect(folders.setAside('agent-a', 'outbox/email', 'outbox/failed/planted', [])).rejects.toThrow();
    expect(readdirSync(join(base, 'outside'))).toEqual([]);
  });

  it('moves a link as a link', async () => {
    symlinkSync(join(base, 'secret'), join(agent, 'outbox/email/link.json'));
    await folders.move('agent-a', 'outbox/email/link.json', 'outbox/failed/link.json');
    expect(await reason('outbox/failed/link.json')).toBe('not_a_file');
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('SECRET');
  });

  it('leaves the world outside alone when the agent is removed', async () => {
    symlinkSync(join(base, 'outside'), join(agent, 'skills/out'));
    writeFileSync(join(base, 'outside/keep'), 'keep');
    chmodSync(join(agent, 'skills'), 0o755);
    await folders.remove('agent-a');
    expect(readFileSync(join(base, 'outside/keep'), 'utf8')).toBe('keep');
  });
});
