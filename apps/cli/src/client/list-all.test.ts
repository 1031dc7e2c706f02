import { describe, expect, it } from 'vitest';
import { failed } from './api-client.ts';
import { listAll } from './list-all.ts';

/** A list of the numbers up to `count`, which notes what it was asked for. */
function listOf(count: number) {
  const asked: string[] = [];
  return {
    asked,
    async ask({ limit, cursor }: { limit: string; cursor?: string }) {
      asked.push(`${cursor ?? ''}+${limit}`);
      const begin = Number(cursor ?? 0);
      const end = Math.min(count, begin + Number(limit));
      const data = Array.from({ length: end - begin }, (_, index) => begin + index);
      return { ok: true as const, body: { data, next_cursor: end < count ? String(end) : null } };
    },
  };
}

describe('a list over its pages', () => {
  it('is whole', async () => {
    const list = listOf(450);
    expect(await listAll(list.ask)).toMatchObject({ ok: true, body: { length: 450, 449: 449 } });
    expect(list.asked).toEqual(['+200', '200+200', '400+200']);
  });

  it('ends where no more is wanted', async () => {
    const list = listOf(450);
    expect(await listAll(list.ask, 250)).toMatchObject({ ok: true, body: { length: 250 } });
    expect(list.asked).toEqual(['+200', '200+50']);
  });

  it('is none where a page is refused', async () => {
    expect(await listAll(async () => failed('not_found', 404))).toMatchObject({ ok: false, status: 404 });
  });

  it('comes to an end also where the server does not', async () => {
    const page = { ok: true as const, body: { data: [1], next_cursor: 'more' } };
    expect(await listAll(async () => page)).toMatchObject({ ok: true, body: { length: 5000 } });
    const empty = { ok: true as const, body: { data: [], next_cursor: 'more' } };
    expect(await listAll(async () => empty)).toEqual({ ok: true, body: [] });
  });
});
