/** An agent's folder in a container during a turn: what comes in, what goes back, and who wins where two write. */
import { describe, expect, it } from 'vitest';
import { copyFixture, SESSION } from '../../test-support/copy-fixture.ts';
import { memoryBucket } from '../../test-support/memory-bucket.ts';

const at = copyFixture();
/** Without root the stand-in has one user for root and agent. */
const isRoot = process.getuid?.() === 0;
const linkTo = (target: string) => ({ meta: { link: encodeURIComponent(target) } });

describe('a folder in a container', () => {
  it.skipIf(!isRoot)('has what the bucket has, and is the agent’s (needs root)', async () => {
    const deep = `${'d'.repeat(60)}/`.repeat(8);
    const long = 'n'.repeat(255);
    await at.folders.write('a', 'skills/x/run.sh', '#!', { executable: true });
    await at.folders.write('a', `${deep}ü.txt`, 'deep');
    await at.folders.write('a', 'large', 'x'.repeat(3_000_000));
    await at.folders.write('a', long, 'long');
    await at.bucket.put(`${at.prefix}link`, '', linkTo('skills/../MEMORY.md'));
    await at.bucket.put(`${at.prefix}empty/`, '');
    const memory = at.storage.objects.get(`${at.prefix}MEMORY.md`);
    if (memory) memory.modifiedAt = 1_000_000_000_000;
    const copied = await at.copyIn();
    expect(await at.agent('stat -c "%a %u %g %Y" MEMORY.md; stat -c "%a %U" skills/x/run.sh')).toBe(
      '644 1000 1000 1000000000\n755 agent\n',
    );
    expect(await at.agent(`cat link ${deep}ü.txt ${long}; wc -c < large`)).toBe('memorydeeplong3000000\n');
    expect(await at.agent('find . -type d -empty | sort; touch sessions/new')).toBe(
      './empty\n./events\n./outbox/email\n./outbox/failed\n./outbox/sent\n./sessions\n',
    );
    expect([...copied.keys()]).toContain(`${deep}ü.txt`);
    expect([...copied.values()].every(({ state }) => state !== null)).toBe(true);
  });

  it('has of old records only the newest, and the session of the turn', async () => {
    const name = (id: string) => `sessions/2026-01-01T00-00-00-000Z_${id}.jsonl`;
    at.storage.store(`${at.prefix}${name(SESSION)}`, 'mine');
    const mine = at.storage.objects.get(`${at.prefix}${name(SESSION)}`);
    if (mine) mine.modifiedAt = 1;
    for (let number = 0; number < 60; number += 1)
      at.storage.store(`${at.prefix}sessions/${number}.jsonl`, 'x');
    await at.copyIn();
    expect(await at.agent(`ls sessions | wc -l; cat ${name(SESSION)}`)).toBe('51\nmine');
  });

  it('is refused where it is more than a copy may be', async () => {
    await expect(at.copyIn({ entries: 3 })).rejects.toThrow('It holds more than 3 files.');
    await expect(at.copyIn({ bytes: 3 })).rejects.toThrow('It holds 6 bytes; at most 3 are copied.');
    at.storage.objects.clear();
    await expect(at.copyIn()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that does not fit the disk of the container fails with what tar says', async () => {
    await at.folders.write('a', 'large', new Uint8Array(10_000_000));
    await at.root('fallocate -l 505M filler');
    await expect(at.copyIn()).rejects.toThrow(/No space left on device|Cannot write|Wrote only/);
  });
});

describe('a storage that fails in the middle', () => {
  it('is what the copy rejects with, whatever the container makes of it', async () => {
    for (let number = 0; number < 20; number += 1)
      await at.folders.write('a', `file-${number}`, new Uint8Array(200_000));
    at.storage.meet(({ key }) => (key.endsWith('file-9') ? { status: 403, code: 'AccessDenied' } : null));
    await expect(at.copyIn()).rejects.toMatchObject({ name: 'StorageError', code: 'AccessDenied' });
  });
});

describe('what a turn leaves', () => {
  it('goes back where it was made, changed, renamed or removed, the outbox last', async () => {
    for (const name of ['changed', 'removed', 'renamed', 'untouched', 'mode', 'touched'])
      await at.folders.write('a', name, name);
    const copied = await at.copyIn();
    await at.agent(`
      mkdir -p made/deep made/empty; echo '{}' > outbox/email/run-1.json; echo made > made/deep/file
      echo last > zz; ln -s ../MEMORY.md made/link; echo more >> changed; rm removed; mv renamed made/
      chmod 755 mode; touch touched; mkfifo pipe`);
    at.forget();
    const out = await at.copyOut(copied);
    expect(out.warnings).toEqual(['"/data/pipe" is no file, no folder and no link.']);
    expect(
      at
        .puts()
        .filter((path) => !path.startsWith('events/'))
        .toSorted(),
    ).toEqual([
      'changed',
      'made/deep/file',
      'made/empty/',
      'made/link',
      'made/renamed',
      'mode',
      'outbox/email/run-1.json',
      'zz',
    ]);
    expect(
      at
        .puts()
        .filter((path) => !path.startsWith('events/'))
        .at(-1),
    ).toBe('outbox/email/run-1.json');
    expect(at.text('changed')).toBe('changedmore\n');
    expect(at.meta('made/link')?.link).toBe('..%2FMEMORY.md');
    expect(at.meta('mode')?.mode).toBe('755');
    expect(at.keys()).not.toContain('removed');
    expect(at.keys()).not.toContain('renamed');
    expect(out.bytes).toBe(
      [...at.storage.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    await at.container.start();
    const again = await at.copyIn();
    expect(await at.agent('cat made/link made/renamed; test -d made/empty && test -x mode')).toBe(
      'memoryrenamed',
    );
    at.forget();
    expect(await at.copyOut(again)).toMatchObject({ changed: 0, gone: 0, warnings: [] });
    expect(at.puts()).toEqual([]);
  });

  it('is stored by each of its names, where several are one file', async () => {
    await at.folders.write('a', 'old', 'old');
    const copied = await at.copyIn();
    await at.agent('ln old second; echo new > one; ln one two; mkdir sub; ln one sub/three');
    await at.copyOut(copied);
    expect(['second', 'one', 'two', 'sub/three'].map((path) => at.text(path))).toEqual([
      'old',
      'new\n',
      'new\n',
      'new\n',
    ]);
  });

  it('has any name that a key can have; the others are left out with a warning', async () => {
    const copied = await at.copyIn();
    const names = [
      '-rf',
      '--checkpoint=1',
      "it's",
      '"quoted"',
      'a\\b',
      '\\101',
      '*',
      '$(id)',
      ' ',
      'é',
      '%2e%2e',
      'ÿ',
    ];
    const long = 'ü'.repeat(127);
    for (const [number, name] of [...names, long].entries())
      await at.agent(`printf %s ${number} > ./'${name.replaceAll("'", "'\\''")}'`);
    const deep = `${'e'.repeat(60)}/`.repeat(10);
    await at.agent(`mkdir -p ${deep} $(printf 'x/%.0s' {1..18}); echo deep > ${deep}f`);
    await at.agent(`: > $'new\\nline'; : > $'tab\\t'; : > $'bad\\xff'; : > $(printf 'x/%.0s' {1..18})f`);
    const { warnings } = await at.copyOut(copied);
    for (const [number, name] of [...names, long].entries()) expect(at.text(name), name).toBe(String(number));
    expect(at.text(`${deep}f`)).toBe('deep\n');
    expect(warnings.join('\n')).toContain('new\\nline');
    expect(warnings.join('\n')).toContain('tab\\t');
    expect(warnings).toContain('"/data/" holds something whose name is not UTF-8: it is not stored.');
    expect(at.keys().filter((key) => /bad|line|tab/.test(key))).toEqual([]);
  });

  it('goes back whole where it is large, and is not sent where it was only touched', async () => {
    const bucket = memoryBucket();
    const bounds = { fileBytes: 8 * 1024 * 1024 };
    await bucket.put(`${at.prefix}MEMORY.md`, 'memory');
    const copied = await at.copyIn(bounds, bucket);
    await at.agent('head -c 8388608 /dev/urandom > large; sha256sum large > sum; chmod 4755 large');
    expect((await at.copyOut(copied, bounds, bucket)).warnings).toEqual([]);
    const sum = bucket.text(`${at.prefix}sum`)?.slice(0, 64);
    expect((await bucket.head(`${at.prefix}large`))?.meta).toEqual({ sha256: sum, mode: '755' });
    await at.container.start();
    const again = await at.copyIn(bounds, bucket);
    expect(await at.agent('sha256sum large; stat -c %a large; touch large')).toBe(`${sum}  large\n755\n`);
    bucket.puts.length = 0;
    await at.copyOut(again, bounds, bucket);
    expect(bucket.puts).toEqual([]);
    await at.agent('echo >> large');
    expect((await at.copyOut(again, bounds, bucket)).warnings).toEqual([
      '"/data/large" has 8388609 bytes; at most 8388608 are stored.',
    ]);
  });

  it('stands beside what another wrote meanwhile', async () => {
    for (const name of ['both', 'removed', 'same']) await at.folders.write('a', name, 'before');
    const copied = await at.copyIn();
    await at.agent(
      'echo agent > both; rm removed; printf x > same; echo agent > made; echo 1 > outbox/email/m.json',
    );
    for (const name of ['both', 'removed', 'made', 'outbox/email/m.json'])
      await at.folders.write('a', name, 'API');
    await at.folders.write('a', 'same', 'x');
    const { warnings } = await at.copyOut(copied);
    for (const name of ['both', 'removed', 'made', 'outbox/email/m.json'])
      expect(at.text(name), name).toBe('API');
    expect(at.text('both.conflict-run-1')).toBe('agent\n');
    expect(at.text('made.conflict-run-1')).toBe('agent\n');
    expect(at.text('outbox/failed/m.json.conflict-run-1')).toBe('1\n');
    expect(warnings).toHaveLength(4);
    expect(
      at
        .keys()
        .filter((key) => key.startsWith('events/'))
        .map((key) => at.text(key))
        .join(),
    ).toContain('\\"/data/both\\" was changed by somebody else during the turn');
  });
});
