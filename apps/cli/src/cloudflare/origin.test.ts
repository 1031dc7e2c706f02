/** A database that Hyperdrive can not reach, or not verify, is refused before anything begins. */
import { expect, it } from 'vitest';
import { originOf } from './prepare-database.ts';

const FAR = 'postgres://u:secret-password@db.example.com/d';
const origin = (directUrl: string, authorities: string | null = null) =>
  originOf({ database: { url: FAR, directUrl, authorities } });

it.each([
  ['postgres://u:secret-password@127.0.0.1/d', 'must lead to a server that Cloudflare reaches'],
  ['postgres://u@/d?host=/run/postgresql', 'must lead to a server that Cloudflare reaches'],
  [`${FAR}?sslmode=disable`, 'without sslmode=disable'],
  [FAR, 'DATABASE_TLS_CA must be set'],
  ['nonsense:secret-password', 'DATABASE_DIRECT_URL is no address'],
])('%s', (directUrl, said) => {
  const refused = origin(directUrl);
  expect(refused).toEqual({ ok: false, reason: expect.stringContaining(said) });
  expect(JSON.stringify(refused)).not.toContain('secret-password');
});

it('the address of the server itself, with its authority', () => {
  expect(origin(FAR, 'PEM')).toMatchObject({
    ok: true,
    origin: { address: { host: 'db.example.com', password: 'secret-password' }, authorities: 'PEM' },
  });
});
