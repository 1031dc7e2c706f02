/** However much an agent leaves in its outbox: what is read is bounded, and every file ends somewhere with its reason. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentFolders, MAX_TURN_BYTES } from '@tinyfat/core';
import { insertDeliveries } from '@tinyfat/database';
import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox, workOf } from '../test-support/outbox.ts';
import { collectOutbox } from './collect.ts';
import { sweepLeftovers } from './leftovers.ts';
import { syncDelivery, syncOutbox } from './sync.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

/** Folders that count the bytes that were read of them. */
function counting(folders: AgentFolders) {
  const read = { bytes: 0 };
  const count = async (outcome: ReturnType<AgentFolders['read']>) => {
    const done = await outcome;
    if (done.ok) read.bytes += done.bytes.length;
    return done;
  };
  const counted: AgentFolders = {
    ...folders,
    read: (...args) => count(folders.read(...args)),
    readFrom: (...args) => count(folders.readFrom(...args)),
  };
  return { read, folders: counted };
}

/** Collects as a turn does, writes the rows, and files what was refused. */
async function collect(runId: string, folders: AgentFolders = outbox.deps.folders) {
  const deps = { ...outbox.deps, folders };
  const collected = await collectOutbox(deps, await workOf(outbox, runId), { runId, footer: null });
  await insertDeliveries(outbox.db, collected.deliveries);
  await collected.syncRefused();
  return collected.deliveries;
}

const sparse = (name: string, bytes: number) => {
  const path = join(outbox.root, 'email', name);
  writeFileSync(path, '{"body":"x","z":"');
  truncateSync(path, bytes);
};
const number = (value: number) => String(value).padStart(5, '0');

describe('a flood of files', () => {
  it('sends the reply first, then 99 by name; the other 1,101 lie in one folder with the reason', async () => {
    for (let index = 0; index < 1200; index += 1)
      outbox.write('email', `${number(index)}.json`, '{"body":"x"}');
    outbox.write('email', 'run.json', '{"body":"The reply."}');
    outbox.write('email', '.draft.json', '{}');
    const deliveries = await collect('run');
    expect(deliveries).toHaveLength(101);
    expect(deliveries.slice(0, 3).map(({ source_file }) => source_file)).toEqual([
      'run.json',
      '00000.json',
      '00001.json',
    ]);
    expect(deliveries.slice(0, 100).every(({ state }) => state === 'pending')).toBe(true);
    const over = deliveries.at(-1);
    expect(over).toMatchObject({ state: 'failed', reason_code: 'outbox_over_limit', source_file: null });
    expect(over?.reason).toContain('1101 files besides the 100 mails');
    expect(outbox.names('email')).toEqual([
      '.draft.json',
      ...Array.from({ length: 99 }, (_, index) => `${number(index)}.json`),
      'run.json',
    ]);
    expect(readdirSync(join(outbox.root, 'failed', `over-limit-${over?.id}`))).toHaveLength(1101);
  });

  it('is never called left over by a later turn, also where the server died before the files were moved', async () => {
    for (let index = 0; index < 150; index += 1)
      outbox.write('email', `${number(index)}.json`, '{"body":"x"}');
    const work = await workOf(outbox, 'run');
    const collected = await collectOutbox(outbox.deps, work, { runId: 'run', footer: null });
    await insertDeliveries(outbox.db, collected.deliveries);
    await sweepLeftovers(outbox.deps, work);
    expect(outbox.names('email')).toHaveLength(100);
    expect(outbox.names('failed')).toEqual([`over-limit-${collected.deliveries.at(-1)?.id}`]);
    expect(outbox.logged).toEqual([]);
    // Filed or not, what the next turn writes is its own.
    outbox.write('email', 'next.json', '{"body":"x"}');
    await syncOutbox(outbox.deps);
    expect(outbox.names('email')).toContain('next.json');
  });

  it('reads no more than its bound of 150 sparse files, and moves the others unread', async () => {
    for (let index = 0; index < 150; index += 1) sparse(`${number(index)}.json`, 24_900_000);
    const { read, folders } = counting(outbox.deps.folders);
    const deliveries = await collect('run', folders);
    const codes = deliveries.map(({ reason_code }) => reason_code);
    expect(codes.slice(0, 4)).toEqual(Array(4).fill('outbox_not_json'));
    expect(codes.slice(4)).toEqual(Array(97).fill('outbox_over_limit'));
    expect(deliveries[5]?.reason).toContain('100000000 bytes together');
    // Once to check them, twice to file those that were read.
    expect(read.bytes).toBeLessThan(3 * MAX_TURN_BYTES + 1_000_000);
    expect(outbox.names('email')).toEqual([]);
    expect(outbox.names('failed').filter((name) => name.includes('.original-'))).toHaveLength(100);
    expect(readdirSync(join(outbox.root, 'failed', `over-limit-${deliveries.at(-1)?.id}`))).toHaveLength(50);
  });

  it('reads no more than its bound of attachments that lie beside the mails', async () => {
    writeFileSync(join(outbox.folder, 'agents/scout/big.bin'), '');
    truncateSync(join(outbox.folder, 'agents/scout/big.bin'), 16_900_000);
    for (let index = 0; index < 20; index += 1)
      outbox.write('email', `${number(index)}.json`, '{"body":"x","attachments":[{"path":"big.bin"}]}');
    const { read, folders } = counting(outbox.deps.folders);
    const deliveries = await collect('run', folders);
    expect(deliveries.filter(({ state }) => state === 'pending')).toHaveLength(5);
    expect(deliveries.filter(({ reason_code }) => reason_code === 'outbox_over_limit')).toHaveLength(15);
    expect(read.bytes).toBeLessThan(MAX_TURN_BYTES + 1_000_000);
  });
});

describe('odd files', () => {
  it('a mail that could be sent but not recorded is refused before it is sent', async () => {
    outbox.write('email', 'deep.json', `{"body":"x","z":${'['.repeat(10_000)}${']'.repeat(10_000)}}`);
    outbox.write('email', 'wide.json', `{"body":"x","z":[${Array(400_000).fill('{}').join(',')}]}`);
    const deliveries = await collect('run');
    expect(deliveries.map(({ state, reason_code }) => [state, reason_code])).toEqual([
      ['failed', 'outbox_invalid'],
      ['failed', 'outbox_invalid'],
    ]);
    expect(outbox.names('email')).toEqual([]);
    expect(outbox.read('failed', 'deep.json').error).toContain('64 levels');
    expect(outbox.read('failed', 'wide.json').error).toContain('20000 values');
    const kept = outbox.names('failed').find((name) => name.startsWith('wide.json.original-')) ?? '';
    expect(readFileSync(join(outbox.root, 'failed', kept)).length).toBeGreaterThan(1_000_000);
  });

  it('a mail that an older version took is filed all the same, once it was sent', async () => {
    const text = `{"body":"x","z":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    await outbox.mail('old');
    outbox.write('email', 'old.json', text);
    const { id } = await outbox.delivery('old', { filed: 0 });
    await syncDelivery(outbox.deps, id);
    expect(outbox.read('sent', 'old.json')).toMatchObject({ status: 'sent' });
    expect(outbox.names('email')).toEqual([]);
    expect(readFileSync(join(outbox.root, 'sent', `old.json.original-${id}`), 'utf8')).toBe(text);
    expect(outbox.logged).toEqual([]);
  });

  it('names of 255 bytes and names that are no UTF-8 leave the outbox with their reason', async () => {
    const email = join(outbox.root, 'email');
    const long = [`${'n'.repeat(250)}.json`, `${'é'.repeat(127)}x`];
    for (const name of long) outbox.write('email', name, '{"body":');
    writeFileSync(
      Buffer.concat([Buffer.from(`${email}/\xff`, 'latin1'), Buffer.from('.json')]),
      '{"body":"x"}',
    );
    const deliveries = await collect('run');
    expect(deliveries.at(-1)?.reason).toContain('The names of 1 file are not UTF-8');
    expect(outbox.names('email')).toEqual([]);
    expect(outbox.names('failed').filter((name) => name.endsWith('.json'))).toHaveLength(2);
    expect(await outbox.db.selectFrom('deliveries').select('id').where('filed', '=', 0).execute()).toEqual(
      [],
    );
  });

  it('large files that it planted in failed/ are not read to find a free name', async () => {
    for (let index = 0; index < 50; index += 1) {
      outbox.write('email', `${number(index)}.json`, '{"body":');
      const planted = join(outbox.root, 'failed', `${number(index)}.json`);
      writeFileSync(planted, '{}');
      truncateSync(planted, 24_000_000);
    }
    const { read, folders } = counting(outbox.deps.folders);
    const deliveries = await collect('run', folders);
    expect(read.bytes).toBeLessThan(100_000);
    for (const { id, source_file } of deliveries)
      expect(outbox.names('failed')).toContain(source_file?.replace('.json', `-${id}.json`));
  });
});

describe('what a turn left that did not get to its end', () => {
  it('goes into one folder of failed/, with its reason beside it', async () => {
    for (let index = 0; index < 1200; index += 1)
      outbox.write('email', `${number(index)}.json`, '{"body":"x"}');
    outbox.write('email', '.draft.json', '{}');
    await outbox.mail('before');
    await outbox.delivery('before', { state: 'pending', sent_at: null, filed: 0 });
    outbox.write('email', 'before.json', '{"body":"waits"}');
    const { read, folders } = counting(outbox.deps.folders);
    await sweepLeftovers({ ...outbox.deps, folders }, await workOf(outbox, 'run'));
    expect(outbox.names('email')).toEqual(['.draft.json', 'before.json']);
    expect(read.bytes).toBe(0);
    const [folder = '', record = ''] = outbox.names('failed');
    expect(readdirSync(join(outbox.root, 'failed', folder))).toHaveLength(1200);
    expect(outbox.read('failed', record)).toMatchObject({
      status: 'failed',
      folder: `outbox/failed/${folder}`,
      error: expect.stringContaining('did not get to its end'),
      more: true,
    });
    expect(outbox.read('failed', record).files).toHaveLength(100);
    expect(outbox.logged.map(([event]) => event)).toEqual(['outbox_left_over']);
    await sweepLeftovers(outbox.deps, await workOf(outbox, 'again'));
    expect(outbox.names('failed')).toHaveLength(2);
  });

  it('is not sent to the next person either where the agent put a link in the place of failed/', async () => {
    execFileSync('rm', ['-r', join(outbox.root, 'failed')]);
    symlinkSync('/tmp', join(outbox.root, 'failed'));
    outbox.write('email', 'private.json', '{"body":"x"}');
    await sweepLeftovers(outbox.deps, await workOf(outbox, 'run'));
    expect(outbox.names('email')).toEqual([]);
    const aside = readdirSync(join(outbox.folder, 'agents/scout')).filter((name) =>
      name.startsWith('left-over-'),
    );
    expect(aside).toHaveLength(2);
  });
});

describe('any outbox', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z0-9]{1,8}\.json$/),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.constantFrom('run.json', '.draft', 'x.JSON', 'a b.json', '..json', `${'l'.repeat(250)}.json`),
  );
  const text = fc.oneof(
    fc.constantFrom(
      '',
      '{"body":"x"}',
      '{"body":"x","to":["eve@else.example"]}',
      '{"body":"x","to":"owner@example.com"}',
    ),
    fc.json({ maxDepth: 3 }),
    fc.json({ maxDepth: 3 }).map((json) => `{"body":"x","attachments":${json}}`),
    fc
      .integer({ min: 1, max: 300 })
      .map((depth) => `{"body":"x","z":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    fc.string(),
  );
  const kind = fc.constantFrom('file', 'file', 'file', 'folder', 'link', 'pipe', 'sparse', 'huge');
  const files = fc.uniqueArray(fc.record({ name, text, kind }), {
    selector: (file) => file.name,
    maxLength: 30,
  });

  function plant(file: { name: string; text: string; kind: string }): boolean {
    const path = join(outbox.root, 'email', file.name);
    try {
      if (file.name === '.' || file.name === '..' || /[/\0]/.test(file.name)) return false;
      if (file.kind === 'file') writeFileSync(path, file.text);
      else if (file.kind === 'folder') mkdirSync(path);
      else if (file.kind === 'link') symlinkSync(`/${file.text.replaceAll('\0', '')}`, path);
      else if (file.kind === 'pipe') execFileSync('mkfifo', [path]);
      else {
        writeFileSync(path, file.text);
        truncateSync(path, file.kind === 'sparse' ? 1_000_000 : 3_000_000_000);
      }
      return true;
    } catch {
      return false;
    }
  }

  it(
    'is collected without a throw; each file is sent, refused with its reason, or waits',
    fuzzTimeout(15, 2_000),
    async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(files, async (tree) => {
          runs += 1;
          const planted = tree.filter(plant).filter((file) => !file.name.startsWith('.'));
          const { read, folders } = counting(outbox.deps.folders);
          const deliveries = await collect(`run-${runs}`, folders);
          expect(read.bytes).toBeLessThan(3 * MAX_TURN_BYTES);
          for (const { state, reason, reason_code } of deliveries) {
            if (state !== 'pending') expect(reason_code && reason).toBeTruthy();
          }
          const taken = new Set(deliveries.map(({ source_file }) => source_file));
          for (const file of planted) if (file.name.isWellFormed()) expect(taken).toContain(file.name);
          // Those that wait are sent; then nothing but drafts is left.
          await outbox.db
            .updateTable('deliveries')
            .set({ state: 'sent', sent_at: 5 })
            .where('state', '=', 'pending')
            .execute();
          await syncOutbox(outbox.deps);
          const unfiled = await outbox.db
            .selectFrom('deliveries')
            .selectAll()
            .where('filed', '=', 0)
            .execute();
          expect(unfiled).toEqual([]);
          expect(outbox.names('email').filter((left) => !left.startsWith('.'))).toEqual([]);
          execFileSync('find', [join(outbox.root, 'email'), '-mindepth', '1', '-delete']);
        }),
        fuzzRuns(15),
      );
    },
  );
});
