import { agentById, deliveriesOfMail, setFolderSize } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox, workOf } from '../test-support/outbox.ts';
import { closedFolder, openFolder, reportFolder } from './folder.ts';

const MB = 1_000_000;
const HOUR = 3_600_000;

describe('the folder of an agent', () => {
  let outbox: Outbox;
  let now: number;
  let measured: number[];
  let holds: number;
  beforeEach(async () => {
    outbox = await openOutbox();
    [now, measured, holds] = [outbox.deps.clock(), [], 0];
  });
  afterEach(() => outbox.close());

  const deps = () => ({
    ...outbox.deps,
    clock: () => now,
    folderQuotaBytes: 1000 * MB,
    measureFolder: async (_: string, most: number) => {
      measured.push(most);
      return Math.min(holds, most + 1);
    },
    wakeUp: { wake() {} },
  });
  /** A turn that ended with so much in the folder. */
  async function turn(id: string, bytes: number | null): Promise<string[]> {
    if (bytes !== null) await setFolderSize(outbox.db, 'scout', bytes, now);
    await reportFolder(deps(), await workOf(outbox, id), { runId: id, bytes });
    return (await deliveriesOfMail(outbox.db, id)).map(
      ({ subject, recipients }) => `${subject} ${recipients}`,
    );
  }

  it('is on record after a turn, measured where the runner did not', async () => {
    expect(await turn('a', 5 * MB)).toEqual([]);
    expect(measured).toEqual([]);
    holds = 7 * MB;
    await turn('b', null);
    expect(await agentById(outbox.db, 'scout')).toMatchObject({
      folder_bytes: 7 * MB,
      folder_measured_at: now,
    });
    expect(measured).toEqual([Number.MAX_SAFE_INTEGER]);
  });

  it('is told of to the owner from four fifths on, once a day', async () => {
    expect(await turn('a', 799 * MB)).toEqual([]);
    const letter = ['scout: its folder is nearly full ["owner@example.com"]'];
    expect(await turn('b', 800 * MB)).toEqual(letter);
    now += 23 * HOUR;
    expect(await turn('c', 900 * MB)).toEqual([]);
    now += HOUR;
    expect(await turn('d', 900 * MB)).toEqual(letter);
    const [sent] = await deliveriesOfMail(outbox.db, 'd');
    const raw = new TextDecoder().decode(await outbox.deps.rawMail.get(sent?.raw_key ?? ''));
    expect(raw).toContain('holds 900.0 MB of the 1.0 GB that it may.');
  });

  it('is told of once where two turns end at the same time', async () => {
    const works = await Promise.all(['a', 'b'].map((id) => workOf(outbox, id)));
    await Promise.all(
      works.map((work) => reportFolder(deps(), work, { runId: work.mail.id, bytes: 900 * MB })),
    );
    expect(await outbox.db.selectFrom('deliveries').select('id').execute()).toHaveLength(1);
  });

  it('that can not be measured ends no turn: the log says so', async () => {
    const broken = { ...deps(), measureFolder: () => Promise.reject(new Error('gone')) };
    await reportFolder(broken, await workOf(outbox, 'a'), { runId: 'a', bytes: null });
    expect(outbox.logged).toEqual([['folder_not_measured', { agent: 'scout', error: 'Error: gone' }]]);
  });

  it('lets turns begin by what is on record, and is looked at before one is refused', async () => {
    const open = async () => await openFolder(deps(), await workOf(outbox, `m-${Math.random()}`));
    expect(await open()).toMatchObject({ holds: null, mostBytes: 1050 * MB, closed: false });
    await turn('a', 1500 * MB);
    expect(await open()).toMatchObject({ holds: 1500 * MB, mostBytes: 1550 * MB, closed: false });
    expect(measured).toEqual([]);
    await turn('b', 4000 * MB);
    holds = 3000 * MB;
    const closed = await open();
    expect(closed).toMatchObject({ holds: 3000 * MB, closed: true });
    expect(closedFolder(deps(), closed)).toContain('holds 3.0 GB where 1.0 GB is the limit');
    holds = 10 * MB;
    expect(await open()).toMatchObject({ holds: 10 * MB, closed: false, nearlyFull: false });
  });
});
