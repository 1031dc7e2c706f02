import { lastRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW, openRetention, type RetentionFixture } from '../test-support/retention.ts';
import { startRetention } from './retention.ts';

const HOUR = 3_600_000;

describe('retention as a part of the server', () => {
  let fixture: RetentionFixture;
  let now: number;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    fixture = await openRetention();
    now = NOW;
  });
  afterEach(async () => {
    vi.useRealTimers();
    await fixture.close();
  });
  /** Runs it until what was begun has ended. */
  async function server(looks: number): Promise<void> {
    const part = startRetention({ ...fixture.deps({ faults: 90, refused_mail: 30 }), clock: () => now });
    for (let look = 0; look < looks; look++) vi.advanceTimersByTime(HOUR);
    await part.ended();
    await part.stop();
  }

  it('runs at the start, and once a day', async () => {
    await fixture.refusedMail('a', 40);
    await server(3);
    expect(await fixture.stored()).toEqual([]);
    expect(await fixture.db.selectFrom('retention_runs').select('id').execute()).toHaveLength(1);
    await fixture.refusedMail('b', 40);
    now += 24 * HOUR;
    await server(1);
    expect(await fixture.stored()).toEqual([]);
    expect(await lastRun(fixture.db)).toMatchObject({ started_at: now, finished_at: now });
  });

  it('clears its own data folder on a day whose run another process has made', async () => {
    await server(0);
    fixture.oldFile('faults/fault-1.txt', 100);
    await fixture.refusedMail('a', 40);
    await server(0);
    expect(await fixture.files('faults')).toEqual([]);
    expect(await fixture.stored()).toEqual(['raw-a']);
    expect(await fixture.db.selectFrom('retention_runs').select('id').execute()).toHaveLength(1);
  });

  it('says why a run failed, and comes again', async () => {
    const broken = { ...fixture.deps({}), clock: () => now };
    broken.makeId = () => {
      throw new Error('no ids');
    };
    const part = startRetention(broken);
    await part.ended();
    vi.advanceTimersByTime(HOUR);
    await part.stop();
    const failed = ['retention_failed', { error: 'Error: no ids' }];
    expect(fixture.log).toEqual([failed, failed]);
  });
});
