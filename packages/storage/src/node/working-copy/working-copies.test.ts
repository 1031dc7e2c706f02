/** An agent's folder on S3 during a turn: what comes in, what goes back, and who wins where two write. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AgentFolders } from '@tinyfat/core';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketFolders } from '../../bucket/folders.ts';
import { COPY_BOUNDS, type CopyBounds } from '../../copy/bounds.ts';
import { openBucket } from '../../s3/bucket.ts';
import { r2Credentials } from '../../s3/credentials.ts';
import { accountOf, runtime } from '../../test-support/s3.ts';
import type { TurnFolder } from './turn-folders.ts';
import { workingCopies } from './working-copies.ts';

const SESSION = '01990000-0000-7000-8000-beef00000001';
let standIn: S3StandIn;
let base: string;
let folders: AgentFolders;
beforeEach(async () => {
  standIn = await startS3StandIn();
  base = mkdtempSync(join(scratchFolder(), 'tinyfat-copies-'));
  folders = bucketFolders({ bucket: openBucket(accountOf(standIn), runtime), root: 'x/', clock: Date.now });
  await folders.create('a', { 'MEMORY.md': 'memory' });
});
afterEach(async () => {
  await standIn.close();
  rmSync(base, { recursive: true, force: true });
});

const place = () => join(base, 'data');
const open = (more: { bounds?: Partial<CopyBounds>; eventsEveryMs?: number } = {}): Promise<TurnFolder> =>
  workingCopies({
    bucket: openBucket(accountOf(standIn), runtime),
    open: (credentials) => openBucket(accountOf(standIn, credentials), runtime),
    mint: r2Credentials(accountOf(standIn), Date.now),
    root: 'x/',
    owner: null,
    clock: Date.now,
    ...more,
    bounds: { ...COPY_BOUNDS, ...more.bounds },
  }).open('a', { runId: 'run-1', sessionId: SESSION, place: place(), forMs: 1000 });
const text = async (path: string) => {
  const outcome = await folders.read('a', path, 1 << 20);
  return outcome.ok ? new TextDecoder().decode(outcome.bytes) : outcome.reason;
};
const keys = () => [...standIn.objects.keys()].map((key) => key.replace('x/agents/a/', '')).sort();
const puts = () => standIn.requests.filter(({ method }) => method === 'PUT').map(({ key }) => key.slice(11));

describe('a copy for a turn', () => {
  it('has what the folder has, by credentials of this folder alone', async () => {
    await folders.write('a', 'skills/x/run.sh', '#!', { executable: true });
    await folders.write('a', 'notes/ü.txt', 'x');
    await folders.create('b', { 'MEMORY.md': 'of another' });
    standIn.requests.length = 0;
    const { path, list } = await open();
    expect(readFileSync(join(path, 'MEMORY.md'), 'utf8')).toBe('memory');
    expect(readFileSync(join(path, 'notes/ü.txt'), 'utf8')).toBe('x');
    expect(statSync(join(path, 'skills/x/run.sh')).mode & 0o777).toBe(0o755);
    expect(readdirSync(path)).toEqual(['MEMORY.md', 'events', 'notes', 'outbox', 'sessions', 'skills']);
    expect((await list('outbox', 10)).map(({ name }) => name)).toEqual(['email', 'failed', 'sent']);
    expect(standIn.requests.every(({ temporary }) => temporary)).toBe(true);
  });

  it('brings back what was made, changed, renamed and removed, the outbox last, and is gone', async () => {
    for (const name of ['changed', 'removed', 'renamed', 'untouched', 'mode'])
      await folders.write('a', name, name);
    const { path, close } = await open();
    mkdirSync(join(path, 'made/deep'), { recursive: true });
    mkdirSync(join(path, 'made/empty'));
    writeFileSync(join(path, 'outbox/email/run-1.json'), '{}');
    writeFileSync(join(path, 'made/deep/file'), 'made');
    writeFileSync(join(path, 'zz'), 'last by name');
    symlinkSync('../MEMORY.md', join(path, 'made/link'));
    appendFileSync(join(path, 'changed'), ' more');
    rmSync(join(path, 'removed'));
    renameSync(join(path, 'renamed'), join(path, 'made/renamed'));
    chmodSync(join(path, 'mode'), 0o755);
    standIn.requests.length = 0;
    expect((await close()).warnings).toEqual([]);
    expect(existsSync(place())).toBe(false);
    expect(puts().toSorted()).toEqual([
      'changed',
      'made/deep/file',
      'made/empty/',
      'made/link',
      'made/renamed',
      'mode',
      'outbox/email/run-1.json',
      'zz',
    ]);
    expect(puts().at(-1)).toBe('outbox/email/run-1.json');
    expect(await text('changed')).toBe('changed more');
    expect([await text('removed'), await text('renamed'), await text('made/renamed')]).toEqual([
      'missing',
      'missing',
      'renamed',
    ]);
    const again = await open();
    expect(readlinkSync(join(again.path, 'made/link'))).toBe('../MEMORY.md');
    expect(statSync(join(again.path, 'mode')).mode & 0o100).toBe(0o100);
    expect(statSync(join(again.path, 'made/empty')).isDirectory()).toBe(true);
    standIn.requests.length = 0;
    await again.close();
    expect(puts()).toEqual([]);
  });

  it('sends nothing that was only touched', async () => {
    const { path, close } = await open();
    utimesSync(join(path, 'MEMORY.md'), 1, 1);
    standIn.requests.length = 0;
    await close();
    expect(puts()).toEqual([]);
  });

  it.skipIf(!existsSync('/usr/bin/git'))(
    'works for git, whose empty folders and hard links come back',
    async () => {
      const first = await open();
      const git = (...words: string[]) =>
        execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y', ...words], { cwd: first.path });
      git('init', '-q', 'one');
      git('-C', 'one', 'commit', '-q', '--allow-empty', '-m', 'first');
      git('clone', '-q', '--local', 'one', 'two');
      expect((await first.close()).warnings).toEqual([]);
      const second = await open();
      const log = execFileSync('git', ['-c', 'safe.directory=*', 'log', '--format=%s'], {
        cwd: join(second.path, 'two'),
        encoding: 'utf8',
      });
      expect(log.trim()).toBe('first');
    },
  );

  it('has the newest records only and the session of the turn, and leaves the others', async () => {
    const session = `sessions/2026-01-01T00-00-00-000Z_${SESSION}.jsonl`;
    await folders.write('a', session, 'of this turn');
    standIn.advance(1000);
    for (const folder of ['events', 'sessions', 'outbox/sent', 'outbox/failed'])
      for (let number = 100; number < 160; number++) {
        standIn.advance(1000);
        standIn.store(`x/agents/a/${folder}/${number}.jsonl`, '{}');
      }
    const { path, close } = await open();
    const names = (folder: string) => readdirSync(join(path, folder)).filter((name) => name.length < 20);
    for (const folder of ['events', 'sessions', 'outbox/sent', 'outbox/failed'])
      expect([names(folder).length, names(folder)[0]]).toEqual([50, '110.jsonl']);
    expect(readFileSync(join(path, session), 'utf8')).toBe('of this turn');
    rmSync(join(path, 'events'), { recursive: true });
    await close();
    expect(keys().filter((key) => key.startsWith('events/'))).toHaveLength(10);
    expect(keys().filter((key) => key.startsWith('outbox/sent/'))).toHaveLength(61);
  });
});

describe('two writers', () => {
  it('what somebody else wrote during the turn stays, the agent’s lies beside it, and the run says so', async () => {
    await folders.write('a', 'both', 'before');
    const { path, close } = await open();
    await folders.write('a', 'both', 'of the owner');
    await folders.write('a', 'new', 'of the owner');
    writeFileSync(join(path, 'both'), 'of the agent');
    writeFileSync(join(path, 'new'), 'also of the agent');
    const { warnings } = await close();
    expect([await text('both'), await text('both.conflict-run-1')]).toEqual(['of the owner', 'of the agent']);
    expect([await text('new'), await text('new.conflict-run-1')]).toEqual([
      'of the owner',
      'also of the agent',
    ]);
    expect(warnings.join()).toContain('"/data/both" was changed by somebody else');
    const events = keys().filter((key) => key.endsWith('-run-1.jsonl'));
    expect((await text(events[0] ?? '')).split('\n').map((line) => line && JSON.parse(line))).toMatchObject([
      { type: 'warning', run_id: 'run-1', message: warnings[0] },
      { type: 'warning', run_id: 'run-1' },
      '',
    ]);
  });

  it('what somebody else changed is not removed, and what they removed stays away', async () => {
    for (const name of ['one', 'two']) await folders.write('a', name, name);
    const { path, close } = await open();
    await folders.write('a', 'one', 'changed');
    await folders.unlink('a', 'two');
    rmSync(join(path, 'one'));
    appendFileSync(join(path, 'two'), '!');
    const { warnings } = await close();
    expect([await text('one'), await text('two'), await text('two.conflict-run-1')]).toEqual([
      'changed',
      'missing',
      'two!',
    ]);
    expect(warnings).toHaveLength(2);
  });

  it('the same words of both are no conflict', async () => {
    const { path, close } = await open();
    await folders.write('a', 'new', 'same');
    writeFileSync(join(path, 'new'), 'same');
    expect((await close()).warnings).toEqual([]);
  });

  it('a mail that was sent meanwhile does not come back, and another one of its name is a new mail', async () => {
    for (const name of ['touched', 'rewritten']) await folders.write('a', `outbox/email/${name}.json`, name);
    const { path, close } = await open();
    for (const name of ['touched', 'rewritten'])
      await folders.move('a', `outbox/email/${name}.json`, `outbox/sent/${name}.json`);
    utimesSync(join(path, 'outbox/email/touched.json'), 1, 1);
    writeFileSync(join(path, 'outbox/email/rewritten.json'), 'another');
    expect((await close()).warnings).toEqual([]);
    expect(keys().filter((key) => key.startsWith('outbox/email/'))).toEqual([
      'outbox/email/',
      'outbox/email/rewritten.json',
    ]);
  });

  it('a mail that somebody else wrote meanwhile is not joined by a second one', async () => {
    const { path, close } = await open();
    await folders.write('a', 'outbox/email/run-1.json', 'of another attempt');
    writeFileSync(join(path, 'outbox/email/run-1.json'), 'of this one');
    await close();
    expect(await text('outbox/email/run-1.json')).toBe('of another attempt');
    expect(await text('outbox/failed/run-1.json.conflict-run-1')).toBe('of this one');
    expect(keys().filter((key) => key.startsWith('outbox/email/'))).toHaveLength(2);
  });
});

describe('the storage in trouble', () => {
  it('is a rejection where the copy can’t be made, and nothing is left on disk', async () => {
    standIn.meet(({ key }) => (key.endsWith('MEMORY.md') ? { status: 503, code: 'SlowDown' } : null));
    await expect(open()).rejects.toMatchObject({ name: 'StorageError', transient: true });
    expect(readdirSync(base)).toEqual([]);
  });

  it('sends no mail where anything before it failed, and leaves nothing on disk', async () => {
    const { path, close } = await open();
    writeFileSync(join(path, 'work'), 'x');
    writeFileSync(join(path, 'outbox/email/run-1.json'), '{}');
    standIn.meet(({ method, key }) =>
      method === 'PUT' && key.endsWith('work') ? { status: 503, code: 'SlowDown' } : null,
    );
    await expect(close()).rejects.toMatchObject({ name: 'StorageError' });
    expect(await text('outbox/email/run-1.json')).toBe('missing');
    expect(readdirSync(base)).toEqual([]);
  });

  it('does not hold a copy for longer than its time', async () => {
    await expect(open({ bounds: { withinMs: -1 } })).rejects.toMatchObject({ code: 'copy_deadline' });
    expect(readdirSync(base)).toEqual([]);
  });
});

it('events are there while the turn runs, and whole at its end', async () => {
  const { path, close } = await open({ eventsEveryMs: 5 });
  writeFileSync(join(path, 'events/now.jsonl'), 'one\n');
  const seen = async (expected: string) => {
    while ((await text('events/now.jsonl')) !== expected);
  };
  await seen('one\n');
  appendFileSync(join(path, 'events/now.jsonl'), 'two\n');
  await seen('one\ntwo\n');
  appendFileSync(join(path, 'events/now.jsonl'), 'three\n');
  expect((await close()).warnings).toEqual([]);
  expect(await text('events/now.jsonl')).toBe('one\ntwo\nthree\n');
});
