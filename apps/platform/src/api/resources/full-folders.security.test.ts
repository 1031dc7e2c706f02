/** Folders that an agent filled to the brim are listed by a bounded amount of work, and with names that are right. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSession, sessionHash } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const MANY = 9900;

describe('a full folder', () => {
  let api: ApiFixture;
  let folder: string;
  /** Folders that were looked into, and the entries that were asked for. */
  const looked = { folders: 0, entries: 0 };
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    folder = join(api.paths.agents, 'scout');
    Object.assign(looked, { folders: 0, entries: 0 });
    const { list } = api.deps.folders;
    api.deps.folders.list = async (...words) => {
      const entries = await list(...words);
      looked.folders++;
      looked.entries += entries.length;
      return entries;
    };
  });
  afterEach(() => api.dispose());

  it('of sessions is listed page by page; only those of the page get their hash', {
    timeout: 15_000,
  }, async () => {
    const id = (group: number) => `019eb1e2-0000-7000-8000-${group.toString(16).padStart(12, '0')}`;
    // All their hashes begin alike, so that each is told apart by its last digits alone.
    const ids = Array.from({ length: MANY }, (_, at) => id(at));
    // One group twice, of two sessions.
    ids.push('019eb1e3-0000-7000-8000-000000000007');
    for (const one of ids)
      writeFileSync(join(folder, 'sessions', `2026-11-27T12-00-00-000Z_${one}.jsonl`), '');
    let cursor = '';
    const shown: { id: string; hash: string }[] = [];
    for (let page = 0; page < 3; page++) {
      const answer = await api.person(ANN).get(`/agents/scout/sessions?limit=200${cursor}`);
      shown.push(...answer.json.data);
      cursor = `&cursor=${answer.json.next_cursor}`;
    }
    expect(shown).toHaveLength(600);
    expect(shown[0]).toMatchObject({ id: ids.at(-1), hash: ids.at(-1) });
    for (const one of [shown[0], shown[1], shown[500], shown[599]]) {
      expect(resolveSession(one?.hash ?? '', ids)).toEqual({ state: 'one', id: one?.id });
      expect(one?.hash).toBe(sessionHash(one?.id ?? '', ids));
    }
    expect(looked.folders).toBe(3);
  });

  it('of skills is looked into so far and no further', async () => {
    for (let skill = 0; skill < 1000; skill++) {
      mkdirSync(join(folder, 'skills', `s${skill}`, 'a/b'), { recursive: true });
    }
    for (let at = 0; at < 900; at++) writeFileSync(join(folder, 'skills/s0/a', `f${at}`), '');
    const answer = await api.person(ANN).get('/agents/scout/skills');
    expect(answer.json.data).toHaveLength(1000);
    expect(looked.folders).toBeLessThanOrEqual(201);
    expect(looked.entries).toBeLessThan(7000);
  });

  it('of files is listed as far as it is said', async () => {
    for (let at = 0; at < MANY; at++) writeFileSync(join(folder, 'events', `f${at}`), '');
    const answer = await api.person(ANN).get('/agents/scout/files?folder=events');
    expect(answer.json.data).toHaveLength(MANY);
    expect(looked).toEqual({ folders: 1, entries: MANY });
  });
});
