import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addAllowedSender,
  allowedSenders,
  findAgent,
  insertAgent,
  markAgentDeleted,
  setAgentOwner,
  updateAgent,
} from './agents.ts';
import type { Database } from './schema/index.ts';

describe('what an owner sets for an agent', () => {
  let folder: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-db-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    for (const name of ['scout', 'other']) {
      await insertAgent(db, { id: `id-${name}`, name, owner: 'ann@example.com', created_at: 1 }, []);
    }
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  it('begins with everything public and no name of its own', async () => {
    expect(await findAgent(db, 'scout')).toMatchObject({ egress: 'public', display_name: '' });
  });

  it('changes one agent', async () => {
    expect(await updateAgent(db, 'id-scout', { egress: 'api.example.com' })).toBe(true);
    expect(await updateAgent(db, 'id-scout', { display_name: 'Scout of Ann' })).toBe(true);
    expect(await findAgent(db, 'scout')).toMatchObject({
      egress: 'api.example.com',
      display_name: 'Scout of Ann',
      owner: 'ann@example.com',
    });
    expect(await findAgent(db, 'other')).toMatchObject({ egress: 'public', display_name: '' });
  });

  it('lets a new owner write to it in the place of the one before, and everybody else as ever', async () => {
    await addAllowedSender(db, 'id-scout', '@team.example', 2);
    expect(await setAgentOwner(db, 'id-scout', 'ben@example.com', 5)).toBe(true);
    expect(await findAgent(db, 'scout')).toMatchObject({ owner: 'ben@example.com' });
    expect(await allowedSenders(db, 'id-scout')).toEqual(['@team.example', 'ben@example.com']);
    expect(await setAgentOwner(db, 'id-scout', 'ben@example.com', 6)).toBe(true);
    expect(await allowedSenders(db, 'id-scout')).toEqual(['@team.example', 'ben@example.com']);
    expect(await allowedSenders(db, 'id-other')).toEqual(['ann@example.com']);
  });

  it('has its owner alone on its list after many changes at once', async () => {
    const owners = Array.from({ length: 12 }, (_, at) => `owner-${at}@example.com`);
    await Promise.all(owners.map((owner, at) => setAgentOwner(db, 'id-scout', owner, at)));
    expect(await allowedSenders(db, 'id-scout')).toEqual([(await findAgent(db, 'scout'))?.owner]);
  });

  it('changes nothing of an agent that is deleted or is not there', async () => {
    await markAgentDeleted(db, 'id-scout', 9);
    for (const id of ['id-scout', 'nobody']) {
      expect(await updateAgent(db, id, { egress: 'none' })).toBe(false);
      expect(await updateAgent(db, id, { display_name: 'x' })).toBe(false);
      expect(await setAgentOwner(db, id, 'eve@example.com', 9)).toBe(false);
      expect(await allowedSenders(db, id)).not.toContain('eve@example.com');
    }
  });
});
