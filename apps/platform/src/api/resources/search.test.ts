import { deliveryDocument, indexDocument, mailDocument } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('search over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('bobs', BOB);
    await mail('m-1', 'The numbers of the quarter', { subject: 'Budget <script>alert(1)</script>' });
    await mail('m-2', 'More numbers', { agent_id: 'bobs', sender: BOB });
    await api.addDelivery('d-1', 'm-1');
    const row = await api.db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
    await indexDocument(api.db, deliveryDocument(row, 'Here are the numbers.'));
  });
  afterEach(() => api.dispose());
  async function mail(id: string, text: string, change: Parameters<typeof api.addMail>[1]) {
    await api.addMail(id, change);
    const row = await api.db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await indexDocument(api.db, mailDocument(row, text));
  }
  const search = async (q: string, who = ANN, more = '') =>
    (await api.person(who).get(`/search?q=${encodeURIComponent(q)}${more}`)).json;
  const ids = async (...given: Parameters<typeof search>) =>
    (await search(...given)).data.map(({ id }: { id: string }) => id);

  it('gives what was found with the words marked, and where it is', async () => {
    expect((await search('budget numbers ')).data).toEqual([
      {
        kind: 'mail',
        id: 'm-1',
        agent: 'scout',
        at: expect.stringMatching(/^2026-11-27T12:00/),
        state: 'replied',
        from: `Ann <${ANN}>`,
        to: [],
        subject: [
          { text: 'Budget', hit: true },
          { text: ' <script>alert(1)</script>', hit: false },
        ],
        snippet: [
          { text: 'The ', hit: false },
          { text: 'numbers', hit: true },
          { text: ' of the quarter', hit: false },
        ],
      },
    ]);
    expect((await search('in:answers numbers ')).data).toMatchObject([
      { kind: 'answer', id: 'd-1', state: 'sent', to: [ANN] },
    ]);
  });

  it('is of one’s own, and for an admin of everybody', async () => {
    expect(await ids('numbers ')).toEqual(['d-1', 'm-1']);
    expect(await ids('numbers ', BOB)).toEqual(['m-2']);
    expect(await ids('numbers ', ADMIN)).toEqual(['d-1', 'm-2', 'm-1']);
    expect((await search('numbers agent:bobs ')).code).toBe('not_found');
    expect(await ids('numbers agent:bobs ', ADMIN)).toEqual(['m-2']);
  });

  it('goes on page by page, and narrows to days of a zone', async () => {
    const first = await search('numbers ', ANN, '&limit=1');
    expect(first.data[0].id).toBe('d-1');
    expect(await ids('numbers ', ANN, `&limit=1&cursor=${first.next_cursor}`)).toEqual(['m-1']);
    expect(await ids('numbers after:2026-11-28 ', ANN, '&zone=Pacific/Auckland')).toEqual(['d-1', 'm-1']);
    expect(await ids('numbers after:2026-11-28 ')).toEqual([]);
    expect(await ids('numbers before:2026-11-28 ')).toEqual(['d-1', 'm-1']);
  });

  it.each([
    ['before:soon', ''],
    ['before:2026-11-28', '&zone=Mars/Olympus'],
    ['state:sideways', ''],
    ['x', '&limit=51'],
    ['x', '&cursor=abc'],
    ['a b c d e f g h i', ''],
    ['x'.repeat(301), ''],
  ])('is refused for %j%s', async (q, more) => {
    expect((await search(q, ANN, more)).code).toBe('invalid_request');
  });

  it('of nothing is nothing', async () => {
    expect(await search('  ')).toEqual({ data: [], next_cursor: null });
  });
});
