/** Invariant 9 for pages: what they ask is answered as over HTTP. */
import { UNCOUNTED } from '@tinyfat/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAsk } from './ask.ts';
import { getAgent, listAgents } from './routes/agents.ts';
import { putMemory } from './routes/files.ts';
import { getMe } from './routes/me.ts';
import { runRetention } from './routes/retention.ts';
import { ANN, type ApiFixture, BOB, openApi } from './test-support/api.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
});
afterEach(() => api.dispose());

function askAs(address: string | null, isAdmin = false) {
  return createAsk(api.deps)({
    viewer: address === null ? null : { address, isAdmin },
    request: new Request('http://localhost:8025/agents'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
}

it('refuses whom nobody knows', async () => {
  expect(await askAs(null)(getMe)).toMatchObject({ ok: false, code: 'not_signed_in', status: 401 });
});

it('shows an owner their own, and of others nothing', async () => {
  await api.addAgent('hers', ANN);
  await api.addAgent('his', BOB);
  const ask = askAs(ANN);
  const list = await ask(listAgents);
  expect(list.ok && list.body.data.map(({ name }) => name)).toEqual(['hers']);
  expect(await ask(getAgent, { params: { agent: 'his' } })).toMatchObject({ ok: false, status: 404 });
});

it('gives the scope of admins to admins alone', async () => {
  expect(await askAs(ANN)(runRetention)).toMatchObject({ ok: false, code: 'not_permitted' });
  expect(await askAs(ANN, true)(runRetention)).toMatchObject({ ok: true });
});

it('parses what it is given as a request would be', async () => {
  const ask = askAs(ANN);
  expect(await ask(listAgents, { query: { limit: '1000' } })).toMatchObject({
    ok: false,
    code: 'invalid_request',
  });
  await api.addAgent('hers', ANN);
  const written = await ask(putMemory, {
    params: { agent: 'hers' },
    body: 'I know.',
    headers: { 'if-match': '*' },
  });
  expect(written).toMatchObject({ ok: true, body: { bytes: 7 } });
  expect(await ask(putMemory, { params: { agent: 'hers' }, body: 'x' })).toMatchObject({
    ok: false,
    code: 'precondition_required',
  });
});

it('takes no longer body than a request may have', async () => {
  await api.addAgent('hers', ANN);
  const put = (bytes: number) =>
    askAs(ANN)(putMemory, {
      params: { agent: 'hers' },
      body: 'x'.repeat(bytes),
      headers: { 'if-match': '*' },
    });
  expect(await put(256 * 1024 + 1)).toMatchObject({ ok: false, code: 'body_too_large', status: 413 });
  expect(await put(256 * 1024)).toMatchObject({ ok: true });
});

it('gives up where the memory for this owner is used', async () => {
  const ask = createAsk(api.deps)({
    viewer: { address: ANN, isAdmin: false },
    request: new Request('http://localhost:8025/agents'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: { ...UNCOUNTED, join: () => false },
  });
  expect(await ask(getMe)).toMatchObject({ ok: false, code: 'server_busy' });
});
