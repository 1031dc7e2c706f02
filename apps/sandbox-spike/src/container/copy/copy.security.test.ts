/** Invariants 6 and 9: whatever an agent leaves in its container, or in the bucket, costs a bounded amount and touches nothing else. */
import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import { describe, expect, it } from 'vitest';
import { copyFixture } from '../../test-support/copy-fixture.ts';
import { memoryBucket } from '../../test-support/memory-bucket.ts';
import type { Container } from '../container.ts';
import { copyOut } from './index.ts';

const at = copyFixture();
/** Without root the stand-in has one user for root and agent. */
const isRoot = process.getuid?.() === 0;
const linkTo = (target: string) => ({ meta: { link: encodeURIComponent(target) } });

describe('an agent’s processes', () => {
  it.skipIf(!isRoot)(
    'are dead before its folder is read, however they fork, ignore signals or leave their session (needs root)',
    async () => {
      const copied = await at.copyIn();
      // Each ends as another goes on in its place, so that there are never more of them.
      await at.agent(`
      cat > chain.sh <<'E'
trap '' TERM INT HUP
date +%N >> grows
sleep 0.01
setsid bash ./chain.sh > /dev/null 2>&1 &
E
      for i in 1 2 3 4 5 6 7 8; do setsid bash ./chain.sh > /dev/null 2>&1 & done
      until [ "$(cat grows 2>/dev/null | wc -l)" -gt 20 ]; do sleep 0.05; done`);
      const { warnings } = await at.copyOut(copied);
      expect(await at.root('ps -e -o uid=,stat= | grep " 1000 " | grep -v Z | wc -l')).toBe('0\n');
      expect(warnings).toEqual([]);
      expect(at.text('grows')).toBe(await at.root('cat grows'));
    },
  );

  it('that can’t be listed are not believed to be dead: nothing is brought back', async () => {
    const copied = await at.copyIn();
    await at.agent('echo new > file');
    const withoutPs: Container = {
      ...at.container,
      exec: (command, options) =>
        at.container.exec(
          command.map((word) => word.replace('ps -e', 'false -e')),
          options,
        ),
    };
    const out = copyOut({
      container: withoutPs,
      bucket: at.bucket,
      prefix: at.prefix,
      copied,
      runId: 'run-1',
      bounds: COPY_BOUNDS,
      clock: Date.now,
    });
    await expect(out).rejects.toMatchObject({ code: 'copy_failed' });
    expect(at.keys()).not.toContain('file');
    expect(at.keys()).toContain('MEMORY.md');
  });
});

describe('a bucket that was spoilt', () => {
  it('leads no copy out of its place, nor through a link', async () => {
    const put = (key: string, text: string, more = {}) => at.bucket.put(`${at.prefix}${key}`, text, more);
    at.storage.store(`${at.prefix}../b/MEMORY.md`, 'of b');
    at.storage.store(`${at.prefix}x/../../../tmp/escaped`, 'x');
    at.storage.store(`${at.prefix}/tmp/escaped`, 'x');
    at.storage.store(`${at.prefix}a//b`, 'x');
    await put('to-tmp', '', linkTo('/tmp'));
    await put('to-tmp/through', 'file');
    await put('up', '', linkTo('../tmp'));
    await put('up/link', '', linkTo('elsewhere'));
    await put('file', 'file');
    await put('file/below', 'below a file');
    await put('dir/', '');
    await put('dir', '', linkTo('/tmp'));
    await put('broken', '', { meta: { link: '%zz' } });
    await put('nowhere', '', { meta: { link: '%00' } });
    const copied = await at.copyIn();
    expect(await at.root('ls -A /tmp | grep -E "through|escaped|link" | wc -l')).toBe('0\n');
    expect(await at.root('cat to-tmp/through file; readlink up; ls -A')).toBe(
      'filefile../tmp\nMEMORY.md\ndir\nevents\nfile\noutbox\nsessions\nskills\nto-tmp\nup\n',
    );
    // What could not be copied is nobody's to remove.
    const before = at.keys();
    expect(await at.copyOut(copied)).toMatchObject({ gone: 0, changed: 0 });
    expect(at.keys()).toEqual(before);
  });
});

describe('a folder full of traps', () => {
  it('gives nothing of what links lead to, no device, and no setuid bit', async () => {
    const copied = await at.copyIn();
    await at.root('echo SECRET > /tmp/secret; chmod 600 /tmp/secret');
    await at.agent(`
      ln -s /tmp/secret outbox/email/x.json; rm MEMORY.md; ln -s /tmp/secret MEMORY.md
      rmdir events; ln -s /tmp events; mkfifo fifo
      python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('sock')"
      cp /bin/true program; chmod 6755 program; echo hidden > unreadable; chmod 000 unreadable
      mkdir closed; echo inside > closed/file; chmod 000 closed`);
    const { warnings } = await at.copyOut(copied);
    expect([...at.storage.objects.values()].map(({ bytes }) => bytes.toString()).join()).not.toContain(
      'SECRET',
    );
    expect(await at.folders.read('a', 'MEMORY.md', 100)).toMatchObject({ ok: false, reason: 'not_a_file' });
    expect(at.meta('program')?.mode).toBe('755');
    expect([at.text('unreadable'), at.text('closed/file')]).toEqual(['hidden\n', 'inside\n']);
    expect(warnings.sort()).toEqual(
      ['fifo', 'sock'].map((name) => `"/data/${name}" is no file, no folder and no link.`),
    );
  });

  it('of 2,000 files brings back a bounded number, the reply and the memory among them, and removes nothing', async () => {
    await at.folders.write('a', 'zz/kept', 'kept');
    const copied = await at.copyIn();
    await at.agent(`
      mkdir many; cd many; seq 2000 | xargs touch; cd ../sessions; seq 400 | xargs touch; cd ..
      echo changed > MEMORY.md; echo '{}' > outbox/email/run-1.json`);
    const { warnings, gone } = await at.copyOut(copied, { entries: 200 });
    expect(gone).toBe(0);
    expect(at.text('MEMORY.md')).toBe('changed\n');
    expect(at.text('outbox/email/run-1.json')).toBe('{}\n');
    expect(at.text('zz/kept')).toBe('kept');
    expect(at.keys().length).toBeLessThan(300);
    expect(warnings.join()).toContain('and more: a folder may hold 200 files');
  });

  it('of 2,500 files comes back whole within its bounds', async () => {
    const bucket = memoryBucket();
    await bucket.put(`${at.prefix}MEMORY.md`, 'memory');
    const copied = await at.copyIn({}, bucket);
    await at.agent('mkdir many; cd many; for i in {1..2500}; do echo $i > $i; done');
    expect(await at.copyOut(copied, {}, bucket)).toMatchObject({ changed: 2_506, warnings: [] });
    expect(bucket.text(`${at.prefix}many/1777`)).toBe('1777\n');
    await at.container.start();
    await at.copyIn({}, bucket);
    expect(await at.agent('cat many/* | sort -n | sha256sum; seq 2500 | sha256sum')).toMatch(
      /^(\S+ {2}-\n)\1$/,
    );
  });

  it('is brought back no further than its bounds of bytes and time', async () => {
    const copied = await at.copyIn();
    await at.agent('head -c 3000 /dev/zero > a; head -c 3000 /dev/zero > b; head -c 3000 /dev/zero > zz');
    const { warnings } = await at.copyOut(copied, { bytes: 4000, fileBytes: 3500 });
    expect(at.keys().filter((key) => ['a', 'b', 'zz'].includes(key))).toHaveLength(1);
    expect(warnings.join()).toContain('goes beyond the 4000 bytes of a folder');
    at.storage.meet(() => new Promise(() => undefined));
    await expect(at.copyOut(copied, { withinMs: 300 })).rejects.toMatchObject({ code: 'copy_deadline' });
    await at.container.start();
    await expect(at.copyIn({ withinMs: 300 })).rejects.toMatchObject({ code: 'copy_deadline' });
  });
});
