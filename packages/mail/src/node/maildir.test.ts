import { mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailTransportContract } from '@tinyfat/contracts/mail-transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInMaildir, maildir } from './maildir.ts';

async function inOrder(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(join(folder, 'new'))).sort();
  return Promise.all(names.map((name) => readFile(join(folder, 'new', name))));
}

mailTransportContract('Maildir', async () => {
  const root = await mkdtemp(join(tmpdir(), 'maildir-'));
  const folder = join(root, 'box');
  return {
    transport: maildir({ folder, clock: Date.now, hostname: 'host' }),
    received: () => inOrder(folder),
    unreachable: async () => {
      await writeFile(join(root, 'file'), '');
      return maildir({ folder: join(root, 'file', 'box'), clock: Date.now, hostname: 'host' });
    },
    dispose: () => rm(root, { recursive: true }),
  };
});

describe('maildir', () => {
  let folder: string;
  const envelope = { sender: 'a@b.test', recipients: ['c@d.test'] };
  const raw = new TextEncoder().encode('Subject: x\r\n\r\nhello\r\n');
  const open = (clock = () => 1_700_000_000_123) => maildir({ folder, clock, hostname: 'a/b:c' });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'maildir-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leaves nothing in tmp and one file in new, readable by the owner only', async () => {
    await open().send(envelope, raw, 'key');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await readdir(join(folder, 'new'))).toHaveLength(1);
  });

  it('knows a key again after a restart, also when a mail reader has moved the mail to cur', async () => {
    await open().send(envelope, raw, 'one');
    await open().send(envelope, raw, 'two');
    const [name = ''] = await readdir(join(folder, 'new'));
    await rename(join(folder, 'new', name), join(folder, 'cur', `${name}:2,S`));
    const again = open();
    await again.send(envelope, raw, 'one');
    await again.send(envelope, raw, 'two');
    expect([...(await readdir(join(folder, 'new'))), ...(await readdir(join(folder, 'cur')))]).toHaveLength(
      2,
    );
  });

  it('knows a key that another process has written since, which died before it could say so', async () => {
    const [dying, living] = [open(), open()];
    for (const box of [dying, living]) await box.send(envelope, raw, `first of ${box === dying}`);
    await dying.send(envelope, raw, 'key');
    expect(await living.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(await readdir(join(folder, 'new'))).toHaveLength(3);
  });

  it('names files so that they sort in order of sending, within one millisecond too', async () => {
    const box = open();
    for (let n = 0; n < 12; n += 1) await box.send(envelope, new TextEncoder().encode(`${n}`), `key ${n}`);
    expect((await inOrder(folder)).map((bytes) => Number(Buffer.from(bytes).toString()))).toEqual(
      Array.from({ length: 12 }, (_, n) => n),
    );
  });

  it('keeps separators of the host name and of the key out of the file name', async () => {
    await open().send(envelope, raw, '../../evil/key:2,S');
    const [name = ''] = await readdir(join(folder, 'new'));
    expect(name).toMatch(/^1700000000\.M123000Q000001K[0-9a-f]{32}\.a\\057b\\072c$/);
  });

  it('finds a mail again by its key, in new and in cur, and none that is too large', async () => {
    expect(await findInMaildir(folder, 'one', 100)).toBe(null);
    await open().send(envelope, raw, 'one');
    const found = await findInMaildir(folder, 'one', 100);
    expect(found?.raw).toEqual(Buffer.from(raw));
    const [name = ''] = await readdir(join(folder, 'new'));
    expect(found?.path).toBe(`new/${name}`);
    await rename(join(folder, 'new', name), join(folder, 'cur', `${name}:2,S`));
    expect((await findInMaildir(folder, 'one', 100))?.path).toBe(`cur/${name}:2,S`);
    expect(await findInMaildir(folder, 'one', 3)).toBe(null);
    expect(await findInMaildir(folder, 'two', 100)).toBe(null);
  });

  it('writes again after a failed attempt with the same key', async () => {
    const box = open();
    await box.send(envelope, raw, 'first');
    await rm(join(folder, 'tmp'), { recursive: true });
    expect(await box.send(envelope, raw, 'key')).toMatchObject({ state: 'temporary' });
    await open().send(envelope, raw, 'first');
    expect(await box.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(await inOrder(folder)).toHaveLength(2);
  });

  it('removes what a crash left in tmp long ago, and nothing newer', async () => {
    await open().send(envelope, raw, 'key');
    await writeFile(join(folder, 'tmp', 'old'), 'x');
    await writeFile(join(folder, 'tmp', 'fresh'), 'x');
    await utimes(join(folder, 'tmp', 'old'), 1_600_000_000, 1_600_000_000);
    await utimes(join(folder, 'tmp', 'fresh'), 1_700_000_000, 1_700_000_000);
    await open().send(envelope, raw, 'key');
    expect(await readdir(join(folder, 'tmp'))).toEqual(['fresh']);
  });
});
