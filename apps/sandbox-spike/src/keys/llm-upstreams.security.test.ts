import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type LogFields,
  type MasterKey,
  type MasterKeys,
  type MasterKeysOutcome,
  providerKeyBinding,
  rewrapSecret,
  sealSecret,
} from '@tinyfat/core';
import {
  type Database,
  deleteProviderKey,
  findProviderKey,
  putProviderKey,
  rewriteProviderKey,
} from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { llmUpstreams } from './llm-upstreams.ts';

const OPERATOR = 'sk-ant-api03-of-the-operator';
const ANN = 'sk-ant-api03-of-ann';
const masterKey = (id: string): MasterKey => ({ id, bytes: new Uint8Array(randomBytes(32)) });
const K1 = masterKey('k1');
const K2 = masterKey('k2');
describe('whose key pays for a run', () => {
  let folder: string;
  let db: Database;
  let readings: number;
  let logged: string;
  let masterKeys: () => MasterKeysOutcome | Promise<MasterKeysOutcome>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-upstream-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    readings = 0;
    logged = '';
    masterKeys = () => ({ ok: true, keys: [K1] });
    await seal('ann@example.com', [K1]);
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });
  async function seal(owner: string, keys: MasterKeys, id = `key-of-${owner}`) {
    const place = { id, owner, provider: 'anthropic' };
    const sealed = await sealSecret(ANN, providerKeyBinding(place), keys);
    await putProviderKey(db, { ...place, sealed, last_four: '-ann', created_at: 1 });
  }
  const log = (event: string, fields?: LogFields) => {
    logged += `${event} ${JSON.stringify(fields)}\n`;
  };
  const upstreams = (operatorKey: string | null) =>
    llmUpstreams({
      db,
      clock: () => 4711,
      logger: { error: log },
      baseUrl: 'https://llm.example',
      operatorKey,
      readMasterKeys: async () => {
        readings++;
        return await masterKeys();
      },
    });
  const ofOwner = (owner: string, operatorKey: string | null = OPERATOR) =>
    upstreams(operatorKey)({ kind: 'anthropic', payer: 'owner' }, owner);
  /** The key that the gateway gets. */
  const keyOf = async (owner: string) => {
    const chosen = ofOwner(owner);
    if (chosen.kind !== 'anthropic' || typeof chosen.apiKey === 'string') throw new Error('no sealed key');
    return await chosen.apiKey();
  };
  const lastUsed = async () => (await findProviderKey(db, 'ann@example.com', 'anthropic'))?.last_used_at;

  it('is the operator’s as it is, and none with the demo model', async () => {
    const byOperator = { kind: 'anthropic', payer: 'operator' } as const;
    expect(upstreams(OPERATOR)(byOperator, 'bob@example.com')).toEqual({
      kind: 'anthropic',
      baseUrl: 'https://llm.example',
      apiKey: OPERATOR,
    });
    expect(upstreams(OPERATOR)({ kind: 'demo' }, 'bob@example.com')).toEqual({ kind: 'demo' });
    expect(() => upstreams(null)(byOperator, 'bob@example.com')).toThrow('ANTHROPIC_API_KEY');
    expect(readings).toBe(0);
  });

  it('is the owner’s, with or without an operator’s, and is not opened before the gateway asks', async () => {
    for (const operatorKey of [OPERATOR, null]) {
      expect(ofOwner('ann@example.com', operatorKey)).toEqual({
        kind: 'anthropic',
        baseUrl: 'https://llm.example',
        apiKey: expect.any(Function),
      });
    }
    expect([readings, await lastUsed()]).toEqual([0, null]);
    expect(await keyOf('ann@example.com')).toEqual({ ok: true, key: ANN });
    expect([readings, await lastUsed()]).toEqual([1, 4711]);
  });

  it('follows a rotation that ends between the reading of the row and of the master keys', async () => {
    masterKeys = async () => {
      if (readings > 1) return { ok: true, keys: [K2] };
      const row = await findProviderKey(db, 'ann@example.com', 'anthropic');
      if (!row) throw new Error('no row');
      const fresh = await rewrapSecret(row.sealed, providerKeyBinding(row), [K2, K1]);
      if (!fresh.ok) throw new Error(fresh.reason);
      await rewriteProviderKey(db, row.id, fresh.sealed);
      return { ok: true, keys: [K2] };
    };
    expect(await keyOf('ann@example.com')).toEqual({ ok: true, key: ANN });
    expect(readings).toBe(2);
  });

  const refused = async (owner = 'ann@example.com') => {
    const refusal = await keyOf(owner);
    expect(refusal).toMatchObject({ ok: false, code: 'owner_key_unreadable' });
    expect(logged).toContain('owner_key_unreadable');
    expect(logged).not.toContain('sk-ant');
    expect(await lastUsed()).not.toBe(4711);
    return refusal.ok ? '' : refusal.reason;
  };

  it('is nobody’s when the master key is lost, however often it is looked for', async () => {
    masterKeys = () => ({ ok: true, keys: [K2] });
    expect(await refused()).toContain('not here');
    expect(readings).toBe(3);
  });

  it('is nobody’s when the master keys can’t be read; the path is for the operator’s log only', async () => {
    masterKeys = () => ({ ok: false, code: 'master_keys_unsafe', detail: 'run: chmod 600 /srv/x' });
    expect(await refused()).not.toContain('/srv/x');
    expect(logged).toContain('chmod 600 /srv/x');
  });

  it('is nobody’s when the row was moved to another owner', async () => {
    await db.updateTable('provider_keys').set({ owner: 'eve@example.com' }).execute();
    expect(await refused('eve@example.com')).toContain('somebody else');
  });

  it('is nobody’s when the text was put into the row of another owner', async () => {
    await seal('eve@example.com', [K1]);
    const ann = await findProviderKey(db, 'ann@example.com', 'anthropic');
    await rewriteProviderKey(db, 'key-of-eve@example.com', ann?.sealed ?? '');
    expect(await refused('eve@example.com')).toContain('somebody else');
  });

  it('is nobody’s when an older text of the same owner was put back', async () => {
    const old = await findProviderKey(db, 'ann@example.com', 'anthropic');
    await seal('ann@example.com', [K1], 'key-2');
    await rewriteProviderKey(db, 'key-2', old?.sealed ?? '');
    await refused();
  });

  it('is nobody’s when something else is stored, for example a key in clear', async () => {
    await db.updateTable('provider_keys').set({ sealed: ANN }).execute();
    expect(await refused()).toContain('no sealed key');
  });

  it('is nobody’s when it was removed while the turn began', async () => {
    const chosen = ofOwner('ann@example.com');
    await deleteProviderKey(db, 'ann@example.com', 'anthropic');
    if (chosen.kind !== 'anthropic' || typeof chosen.apiKey === 'string') throw new Error('no sealed key');
    expect(await chosen.apiKey()).toMatchObject({ ok: false, code: 'owner_key_unreadable' });
  });
});
