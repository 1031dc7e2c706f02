/** What the API holds of requests and answers is counted before it is held, for each owner, and files are never held. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from './test-support/api.ts';

const MEGABYTE = 1024 * 1024;

describe('bytes in flight', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('other', BOB);
  });
  afterEach(() => api.dispose());
  const file = (path: string) => join(api.paths.agents, 'scout', path);

  it.each([
    ['a file', '/agents/scout/files/large.bin', 'large.bin'],
    [
      'a session',
      '/agents/scout/sessions/019eb1e2-0000-7000-8000-000000000001',
      'sessions/2026-11-27T12-00-00-000Z_019eb1e2-0000-7000-8000-000000000001.jsonl',
    ],
  ])('are none of %s of 24 MB, however many are on their way', async (_, path, name) => {
    writeFileSync(file(name), new Uint8Array(24 * MEGABYTE));
    const token = await api.token(ANN, 'read');
    const before = api.budget.reserved();
    const answers = await Promise.all(Array.from({ length: 60 }, () => api.raw(token, path)));
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(24 * MEGABYTE)]);
    }
    expect(api.budget.reserved()).toBe(before);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(400 * MEGABYTE);
    for (const answer of answers) await answer.body?.cancel();
  });

  it('are none of a file that is only asked about, and it does not stay open', async () => {
    writeFileSync(file('large.bin'), new Uint8Array(MEGABYTE));
    const answer = await api.raw('operator', '/agents/scout/files/large.bin', { method: 'HEAD' });
    expect([answer.status, answer.body]).toEqual([200, null]);
  });

  it('are counted of a memory before it is read, and the owner has so many', async () => {
    writeFileSync(file('MEMORY.md'), new Uint8Array(20 * MEGABYTE));
    const get = () => api.person(ANN).get('/agents/scout/memory');
    // Nothing is given back in this fixture: each request counts as one whose answer is not read yet.
    expect([(await get()).status, (await get()).status]).toEqual([200, 200]);
    const refused = await get();
    expect([refused.json.code, refused.headers.get('retry-after')]).toEqual(['server_busy', '5']);
    const put = await api.person(ANN).call('PUT', '/agents/scout/memory', {
      body: 'mine',
      headers: { 'if-match': '*' },
    });
    expect(put.json.code).toBe('server_busy');
    expect((await api.person(BOB).get('/agents/other/memory')).status).toBe(200);
  });

  it('are counted of bodies, and one owner leaves room for the others', async () => {
    const about = { path: 'SKILL.md', content: '---\ndescription: x\n---\n' };
    const body = { files: [about, { path: 'large', content: 'x'.repeat(9 * MEGABYTE) }] };
    const put = (owner: string, agent: string) =>
      api.person(owner).call('PUT', `/agents/${agent}/skills/tea`, { body });
    const statuses = [];
    for (let at = 0; at < 6; at++) statuses.push((await put(ANN, 'scout')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 503]);
    expect((await put(BOB, 'other')).status).toBe(200);
    expect((await api.person(ADMIN).get('/me')).status).toBe(200);
  });

  it('of a body that does not come, or whose client leaves, are a refusal and no fault', async () => {
    const token = await api.token(ANN, 'write');
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) });
    const init = {
      method: 'PATCH',
      body: broken,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit;
    const answer = await api.raw(token, '/agents/scout', init);
    expect(await answer.json()).toMatchObject({ status: 408, code: 'request_incomplete' });
    expect(answer.headers.get('connection')).toBe('close');
    expect(api.log.join()).not.toContain('api_fault');
  });
});
