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
    const ids = Array.from({ length: 10_100 }, (_, at) => id(at));
    // One group twice, of two sessions.
    ids.push(id(10_050).replace('019eb1e2', '019eb1e3'));
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
    const listed = ids.slice(-10_000);
    for (const one of [shown[0], shown[1], shown[500], shown[599]]) {
      expect(resolveSession(one?.hash ?? '', listed)).toEqual({ state: 'one', id: one?.id });
      expect(one?.hash).toBe(sessionHash(one?.id ?? '', listed));
    }
    expect(looked.folders).toBe(3);
    // The oldest are beyond what is listed, and have their pages all the same.
    expect((await api.person(ANN).get(`/agents/scout/sessions/${ids[0]}/facts`)).json).toMatchObject({
      id: ids[0],
    });
    expect((await api.person(ANN).get(`/agents/scout/sessions/${ids[0]}/transcript`)).status).toBe(200);
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
    // A page costs its own entries, wherever it is.
    const { next_cursor } = (await api.person(ANN).get('/agents/scout/files?folder=events&limit=50')).json;
    const next = await api
      .person(ANN)
      .get(`/agents/scout/files?folder=events&limit=50&cursor=${next_cursor}`);
    const names = answer.json.data.map(({ name }: { name: string }) => name);
    expect(next.json.data.map(({ name }: { name: string }) => name)).toEqual(names.slice(50, 100));
    expect(looked).toEqual({ folders: 3, entries: MANY + 102 });
  });
});
