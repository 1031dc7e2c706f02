/** Invariants 6 and 9: whatever an agent leaves in its copy, or in the bucket, costs a bounded amount and touches nothing else. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketFolders } from '../../bucket/folders.ts';
import { COPY_BOUNDS, type CopyBounds, FolderTooLarge } from '../../copy/bounds.ts';
import { openBucket } from '../../s3/bucket.ts';
import { r2Credentials } from '../../s3/credentials.ts';
import { accountOf, runtime } from '../../test-support/s3.ts';
import { workingCopies } from './working-copies.ts';

const SESSION = '01990000-0000-7000-8000-beef00000001';
let standIn: S3StandIn;
let base: string;
beforeEach(async () => {
  standIn = await startS3StandIn();
  base = mkdtempSync(join(scratchFolder(), 'tinyfat-hostile-copy-'));
  writeFileSync(join(base, 'secret'), 'SECRET');
  const folders = bucketFolders({
    bucket: openBucket(accountOf(standIn), runtime),
    root: '',
    clock: Date.now,
  });
  await folders.create('a', { 'MEMORY.md': 'memory' });
  await folders.create('b', { 'MEMORY.md': 'of b' });
});
afterEach(async () => {
  await standIn.close();
  rmSync(base, { recursive: true, force: true });
});

const place = () => join(base, 'turn');
const open = (bounds: Partial<CopyBounds> = {}) =>
  workingCopies({
    bucket: openBucket(accountOf(standIn), runtime),
    open: (credentials) => openBucket(accountOf(standIn, credentials), runtime),
    mint: r2Credentials(accountOf(standIn), Date.now),
    root: '',
    owner: null,
    clock: Date.now,
    bounds: { ...COPY_BOUNDS, ...bounds },
  }).open('a', { runId: 'run-1', sessionId: SESSION, place: place(), forMs: 1000 });
const stored = (path: string) => standIn.objects.get(`agents/a/${path}`)?.bytes.toString();
const keys = () =>
  [...standIn.objects.keys()].filter((key) => key.startsWith('agents/a/')).map((key) => key.slice(9));

describe('an agent’s copy', () => {
  it('with links out of it gives none of what they lead to', async () => {
    const { path, close } = await open();
    symlinkSync(join(base, 'secret'), join(path, 'outbox/email/link.json'));
    rmSync(join(path, 'events'), { recursive: true });
    symlinkSync(base, join(path, 'events'));
    rmSync(join(path, 'MEMORY.md'));
    symlinkSync(join(base, 'secret'), join(path, 'MEMORY.md'));
    await close();
    const all = [...standIn.objects.values()].map(({ bytes }) => bytes.toString()).join();
    expect(all).not.toContain('SECRET');
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('SECRET');
    expect(stored('MEMORY.md')).toBe('');
    expect(existsSync(place())).toBe(false);
  });

  it('with names that no key has loses those, says so, and keeps the rest', async () => {
    const { path, close } = await open();
    for (const name of ['a\nb', 'a\u0001', '..x', '%2e%2e', 'a\\..\\b', 'é', '<&>"', ' '])
      writeFileSync(join(path, name), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), 'x');
    execFileSync('mkfifo', [join(path, 'pipe')]);
    mkdirSync(join(path, ...Array.from({ length: 40 }, () => 'd')), { recursive: true });
    const { warnings } = await close();
    expect(keys()).toEqual(expect.arrayContaining(['..x', '%2e%2e', 'a\\..\\b', 'é', '<&>"', ' ']));
    expect(keys().filter((key) => key.split('/').includes('..'))).toEqual([]);
    expect(warnings).toHaveLength(5);
    expect(warnings.join('\n')).toContain(String.raw`"/data/a\nb" has a name`);
    expect(warnings.join('\n')).toContain('not UTF-8');
    expect(warnings.join('\n')).toContain('no file, no folder and no link');
    expect(warnings.join('\n')).toContain('deeper than 16 folders');
    expect(existsSync(place())).toBe(false);
    // All of them come back under their own names.
    const again = await open();
    expect(readdirSync(again.path)).toEqual(expect.arrayContaining(['..x', '%2e%2e', 'a\\..\\b']));
    await again.close();
  });

  it('of 10,000 files brings back a bounded number, the reply and the memory among them, and removes nothing', async () => {
    standIn.store('agents/a/zzz', 'was there before');
    const { path, close } = await open({ entries: 300 });
    for (const folder of ['outbox/email', 'aaa']) {
      mkdirSync(join(path, folder), { recursive: true });
      execFileSync('sh', ['-c', 'seq -f "%06g.json" 5000 | xargs touch'], { cwd: join(path, folder) });
    }
    writeFileSync(join(path, 'outbox/email/run-1.json'), '{"reply":1}');
    writeFileSync(join(path, 'sessions/s.jsonl'), 'session');
    writeFileSync(join(path, 'MEMORY.md'), 'learnt');
    const { warnings } = await close();
    expect(keys().length).toBeLessThan(320);
    expect([
      stored('outbox/email/run-1.json'),
      stored('sessions/s.jsonl'),
      stored('MEMORY.md'),
      stored('zzz'),
    ]).toEqual(['{"reply":1}', 'session', 'learnt', 'was there before']);
    expect(warnings.join()).toContain('a folder may hold 300 files');
    expect(existsSync(place())).toBe(false);
  });

  it('of huge files, and of one file under many names, is bounded in bytes', async () => {
    const { path, close } = await open({ bytes: 1000, fileBytes: 400 });
    standIn.requests.length = 0;
    truncateSync(join(path, 'MEMORY.md'), 401);
    writeFileSync(join(path, 'small'), 'x'.repeat(300));
    for (let number = 0; number < 50; number++) linkSync(join(path, 'small'), join(path, `small-${number}`));
    const { warnings } = await close();
    const sent = standIn.requests.filter(({ method }) => method === 'PUT').length;
    expect(sent).toBeLessThan(5);
    expect(stored('MEMORY.md')).toBe('memory');
    expect(warnings.join('\n')).toContain('"/data/MEMORY.md" has 401 bytes; at most 400 are stored');
    expect(warnings.join('\n')).toContain('goes beyond the 1000 bytes');
    expect(warnings.length).toBeLessThanOrEqual(11);
  });

  it('that forbids itself to be read is read and removed all the same', async () => {
    const { path, close } = await open();
    mkdirSync(join(path, 'closed/inside'), { recursive: true });
    writeFileSync(join(path, 'closed/inside/file'), 'x', { mode: 0 });
    for (const folder of ['closed/inside', 'closed']) chmodSync(join(path, folder), 0);
    await close();
    expect(stored('closed/inside/file')).toBe('x');
    expect(existsSync(place())).toBe(false);
  });
});

describe('a bucket that was spoilt', () => {
  it('leads no copy out of its place', async () => {
    for (const key of ['../../out', '/abs', 'a//b', './c', 'x/../../../out', 'ok\u0007'])
      standIn.store(`agents/a/${key}`, 'x');
    standIn.store('agents/a/way', '');
    const link = standIn.objects.get('agents/a/way');
    if (link) link.meta.link = encodeURIComponent(base);
    standIn.store('agents/a/way/planted', 'x');
    standIn.store('agents/a/MEMORY.md/below-a-file', 'x');
    const { path, close } = await open();
    expect(readdirSync(base).sort()).toEqual(['secret', 'turn']);
    expect(readdirSync(path)).not.toContain('c');
    await close();
    expect(readdirSync(base)).toEqual(['secret']);
    expect(stored('MEMORY.md')).toBe('memory');
  });

  it('is not copied where it holds more than a folder may', async () => {
    await expect(open({ entries: 3 })).rejects.toBeInstanceOf(FolderTooLarge);
    standIn.store('agents/a/large', 'x'.repeat(1001));
    await expect(open({ bytes: 1000 })).rejects.toBeInstanceOf(FolderTooLarge);
    expect(readdirSync(base)).toEqual(['secret']);
  });
});

it('a turn whose time is over can’t bring anything back, and nothing of another agent was ever asked for', async () => {
  const { path, close } = await open();
  writeFileSync(join(path, 'late'), 'x');
  standIn.advance(COPY_BOUNDS.withinMs * 2 + 120_000);
  await expect(close()).rejects.toMatchObject({ name: 'StorageError', code: 'ExpiredToken' });
  expect(existsSync(place())).toBe(false);
  expect(
    standIn.requests.filter(
      ({ temporary, key, query }) => temporary && `${key}${query}`.includes('agents%2Fb'),
    ),
  ).toEqual([]);
});
