/** Hosts that the operator opens (`EGRESS_ALLOW`), and what must stay closed beside them. */
import { expect, test } from 'vitest';
import { fakeNetwork } from '../../test-support/gateway.ts';
import { connectStatus, get, NAMES, proxyWorld } from '../../test-support/proxy-world.ts';

const world = proxyWorld();
const INSIDE = {
  ...NAMES,
  'wiki.corp.example.com': ['10.0.0.7'],
  'mixed.corp.example.com': ['10.0.0.7', '127.0.0.1'],
  'metadata.corp.example.com': ['169.254.169.254'],
  'six.corp.example.com': ['fd00:ec2::254'],
  'mapped.corp.example.com': ['::ffff:10.0.0.7'],
  'own.corp.example.com': ['10.0.0.9'],
  'public.corp.example.com': ['93.184.215.14'],
  'odd.corp.example.com': ['10.0.0.7%eth0'],
  'evil.example.org': ['10.0.0.7'],
  'db.internal': ['10.0.0.8'],
  db: ['10.0.0.8'],
};
const open = (allow: string, egress?: Parameters<typeof world.open>[0]) => {
  world.network = fakeNetwork(INSIDE, () => world.targetPort);
  world.network.ownAddresses = () => ['127.0.0.1', '10.0.0.9'];
  return world.open(egress, {}, allow);
};

test('reaches a named host inside, by CONNECT and by plain HTTP, at the address that was looked up', async () => {
  const fixture = await open('*.corp.example.com');
  expect(await connectStatus(fixture, 'wiki.corp.example.com:443')).toBe(200);
  expect(await connectStatus(fixture, 'WIKI.corp.example.com.:443')).toBe(200);
  expect((await get(fixture, 'http://wiki.corp.example.com/')).status).toBe(200);
  expect(await connectStatus(fixture, 'public.corp.example.com:443')).toBe(200);
  expect(new Set(world.network.dialled)).toEqual(
    new Set(['10.0.0.7 443', '10.0.0.7 80', '93.184.215.14 443']),
  );
  expect(world.network.asked).toHaveLength(4);
});

test('opens nothing without the setting', async () => {
  const fixture = await world.open();
  world.network = fakeNetwork(INSIDE, () => world.targetPort);
  for (const host of ['wiki.corp.example.com', 'db.internal', 'db', '10.0.0.7', '[fd00::1]']) {
    expect([403, 502]).toContain(await connectStatus(fixture, `${host}:443`));
  }
  expect(world.network.dialled).toEqual([]);
});

test.each([
  // Another name for the same address: what a stranger's DNS says opens nothing.
  'evil.example.org',
  'corp.example.com',
  'evilcorp.example.com',
  'wiki.corp.example.com.evil.example.org',
  'inside.example.com',
  'rebind.example.com',
  // Allowed names that lead to where no name may.
  'mixed.corp.example.com',
  'metadata.corp.example.com',
  'six.corp.example.com',
  'mapped.corp.example.com',
  'own.corp.example.com',
  'odd.corp.example.com',
  // Addresses beside the network, and other spellings of those in it.
  '172.16.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:10.1.0.1]',
  '[64:ff9b::a01:1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '10.0.0.9',
  '167837697',
  '0xa.1.0.1',
  '10.65537',
  '012.1.0.1',
  'db.internal',
  'db',
  'localhost',
])('dials nothing for %s beside what is open', async (host) => {
  const fixture = await open('*.corp.example.com,10.0.0.0/8,fd00::/8,other:5432');
  const refused = [400, 403, 502];
  expect(refused).toContain(await connectStatus(fixture, `${host}:443`));
  expect(refused).toContain((await get(fixture, `http://${host}/latest/meta-data/`)).status);
  expect(world.network.dialled).toEqual([]);
});

test('a name whose answer changes between two requests is judged and dialled by each answer', async () => {
  const fixture = await open('wiki.corp.example.com');
  const answers = [['10.0.0.7'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.7']];
  world.network.resolve = async () => answers.shift() ?? [];
  expect(await connectStatus(fixture, 'wiki.corp.example.com:443')).toBe(200);
  expect(await connectStatus(fixture, 'wiki.corp.example.com:443')).toBe(403);
  expect(await connectStatus(fixture, 'wiki.corp.example.com:443')).toBe(403);
  expect(world.network.dialled).toEqual(['10.0.0.7 443']);
});

test('opens a network for addresses that are asked for themselves, and single ports where one is named', async () => {
  const fixture = await open('10.0.0.0/8:8080,db:5432,db.internal,[fd00::]/16:8443,127.0.0.1:11434');
  const status: Record<string, number> = {};
  for (const target of [
    '10.0.0.7:8080',
    '10.0.0.7:443',
    'db:5432',
    'db:443',
    'db.internal:443',
    'db.internal:5432',
    '[fd00::1]:8443',
    '[fd01::1]:8443',
    '127.0.0.1:11434',
    '127.0.0.1:8025',
    'good.example.com:443',
    'good.example.com:8080',
  ]) {
    status[target] = await connectStatus(fixture, target);
  }
  expect(status).toEqual({
    '10.0.0.7:8080': 200,
    '10.0.0.7:443': 403,
    'db:5432': 200,
    'db:443': 403,
    'db.internal:443': 200,
    'db.internal:5432': 403,
    '[fd00::1]:8443': 200,
    '[fd01::1]:8443': 403,
    '127.0.0.1:11434': 200,
    '127.0.0.1:8025': 403,
    'good.example.com:443': 200,
    'good.example.com:8080': 403,
  });
});

test("an agent's own policy still has its say, and its list opens nothing that the operator has not", async () => {
  const allow = 'wiki.corp.example.com';
  const none = await open(allow, { kind: 'none' });
  expect(await connectStatus(none, 'wiki.corp.example.com:443')).toBe(403);
  const other = await open(allow, { kind: 'list', hosts: ['good.example.com', 'db.internal', '10.0.0.7'] });
  expect(await connectStatus(other, 'wiki.corp.example.com:443')).toBe(403);
  expect(await connectStatus(other, 'db.internal:443')).toBe(403);
  expect(await connectStatus(other, '10.0.0.7:443')).toBe(403);
  expect(await connectStatus(other, 'good.example.com:443')).toBe(200);
  const listed = await open(allow, { kind: 'list', hosts: ['wiki.corp.example.com:443'] });
  expect(await connectStatus(listed, 'wiki.corp.example.com:443')).toBe(200);
  expect(await connectStatus(listed, 'wiki.corp.example.com:80')).toBe(403);
  expect(await connectStatus(listed, 'good.example.com:443')).toBe(403);
});

test("a port on an agent's list opens no port that is closed", async () => {
  const fixture = await world.open({ kind: 'list', hosts: ['good.example.com:22', 'good.example.com:443'] });
  expect(await connectStatus(fixture, 'good.example.com:22')).toBe(403);
  expect(await connectStatus(fixture, 'good.example.com:443')).toBe(200);
  expect(await connectStatus(fixture, 'good.example.com:80')).toBe(403);
});
