/** Whoever was refused can see why: in the status line, in the answer's body, in the events, and by asking. */
import { expect, test } from 'vitest';
import { ask, exchange, type GatewayFixture } from '../../test-support/gateway.ts';
import { connectStatus, get, proxyWorld } from '../../test-support/proxy-world.ts';

const world = proxyWorld();
const connect = (fixture: GatewayFixture, target: string) =>
  exchange(fixture, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
const asked = async (fixture: GatewayFixture, after = '') =>
  JSON.parse((await ask(fixture, `/egress/refused${after}`, { method: 'GET' })).body);

test('a refused CONNECT says why in its status line and its body', async () => {
  const fixture = await world.open();
  expect(await connect(fixture, 'inside.example.com:443')).toBe(
    'HTTP/1.1 403 the address is not public\r\ncontent-type: text/plain\r\ncontent-length: 43\r\n' +
      'connection: close\r\n\r\ntinyfat gateway: the address is not public\n',
  );
  expect(await get(fixture, 'http://inside.example.com/')).toMatchObject({
    status: 403,
    body: 'tinyfat gateway: the address is not public\n',
  });
});

test('each refusal is an event with host, port, code and reason', async () => {
  const fixture = await world.open({ kind: 'list', hosts: ['*.example.com', 'db.internal'] });
  for (const target of [
    'inside.example.com:443',
    'unknown.example.com:443',
    'good.example.com:22',
    'other.example.net:443',
    'db.internal:443',
    'user@good.example.com:443',
    '[fd00::1]:443',
  ]) {
    await connectStatus(fixture, target);
  }
  const events = fixture.events.map((event) => (event.kind === 'refused' ? event : null));
  expect(events).toMatchObject([
    { host: 'inside.example.com', port: 443, code: 'not_public' },
    { host: 'unknown.example.com', port: 443, code: 'unknown_name' },
    { host: 'good.example.com', port: 22, code: 'port', reason: 'port 22 is not allowed' },
    { host: 'other.example.net', port: 443, code: 'not_on_list' },
    { host: 'db.internal', port: 443, code: 'local_name', reason: 'the name is reserved for local use' },
    { host: 'user@good.example.com:443', port: null, code: 'bad_target' },
    { host: 'fd00::1', port: 443, code: 'not_on_list' },
  ]);
  const { refused, next, left_out } = await asked(fixture);
  expect(refused).toEqual(
    events.map(
      (event) => event && { host: event.host, port: event.port, code: event.code, reason: event.reason },
    ),
  );
  expect({ next, left_out }).toEqual({ next: 7, left_out: 0 });
});

test('what was refused is asked for from where the last answer ended, and is bounded in number and length', async () => {
  const fixture = await world.open({ kind: 'public' }, { refusalsListed: 3 });
  await connectStatus(fixture, 'inside.example.com:443');
  expect((await asked(fixture)).next).toBe(1);
  await connectStatus(fixture, `user@${'a'.repeat(2_000)}:443`);
  await get(fixture, `http://good.example.com:22/${'a'.repeat(5_000)}`);
  for (let index = 0; index < 5; index += 1) await connectStatus(fixture, 'inside.example.com:443');
  const { refused, next, left_out } = await asked(fixture, '?after=1');
  expect(next).toBe(3);
  expect(left_out).toBe(5);
  for (const { host, reason } of refused) {
    expect(host).toMatch(/^[ -~]{1,253}$/);
    expect(reason).toMatch(/^[ -~]{1,200}$/);
  }
  expect((await asked(fixture, '?after=999999')).refused).toEqual([]);
});

test.each([
  '/egress/refused?after=-1',
  '/egress/refused?after=1x',
  '/egress/refused/',
  '/egress',
  '/egress/refused?a=1',
])('there is no %s', async (path) => {
  const fixture = await world.open();
  expect((await ask(fixture, path, { method: 'GET' })).status).toBe(404);
});
