import { describe, expect, it } from 'vitest';
import { connectionTo, readPostgresAddress, shownAddress } from './address.ts';

const read = (text: string) => {
  const found = readPostgresAddress(text);
  if (!found.ok) throw new Error(found.reason);
  return found.address;
};
const refused = (text: string) => {
  const found = readPostgresAddress(text);
  return found.ok ? 'taken' : found.reason;
};

describe('the address of a database', () => {
  it('is read in one way', () => {
    expect(read('postgres://me:p%40ss%2F1@DB.example.com:6543/mail')).toEqual({
      ...{ host: 'db.example.com', port: 6543, user: 'me', password: 'p@ss/1', database: 'mail' },
      tls: 'verify-full',
    });
    expect(read('postgresql://postgres.abcd:x@aws-0-eu.pooler.supabase.com/postgres')).toMatchObject({
      ...{ user: 'postgres.abcd', port: 5432 },
    });
    expect(read('postgres://me@[2001:DB8::1]:5433/mail')).toMatchObject({
      ...{ host: '2001:db8::1', port: 5433, password: null, tls: 'verify-full' },
    });
    expect(read('postgres://me@/mail?host=/run/postgresql')).toMatchObject({
      ...{ host: '/run/postgresql', tls: 'disable' },
    });
  });

  it.each(['localhost', '127.0.0.1', '127.8.9.10', '[::1]'])('of this machine, %s, needs no TLS', (host) => {
    expect(read(`postgres://me:x@${host}/mail`).tls).toBe('disable');
    expect(read(`postgres://me:x@${host}/mail?sslmode=verify-full`).tls).toBe('verify-full');
  });

  it.each([
    'localhost.example.com',
    '127.0.0.1.nip.io',
    '2130706433',
    '127.1',
    '0x7f.0.0.1',
    '[::ffff:127.0.0.1]',
  ])('that only looks like this machine, %s, needs TLS', (host) => {
    expect(read(`postgres://me:x@${host}/mail`).tls).toBe('verify-full');
  });

  it('is without TLS only where the operator wrote so', () => {
    expect(read('postgres://me:x@db.example.com/mail?sslmode=disable').tls).toBe('disable');
    for (const mode of ['require', 'prefer', 'allow', 'verify-ca', 'no-verify'])
      expect(refused(`postgres://me:x@db.example.com/mail?sslmode=${mode}`)).toContain(
        `sslmode=${mode}, which does not`,
      );
    expect(refused('postgres://me:x@db.example.com/mail?sslmode=disable&sslmode=verify-full')).toContain(
      'twice',
    );
    expect(refused('postgres://me:x@db.example.com/mail?SSLMODE=disable')).toContain('not understood');
    expect(refused('postgres://me:x@db.example.com/mail?ssl=0')).toContain('not understood');
    expect(refused('postgres://me@/mail?host=/run/pg&sslmode=verify-full')).toContain('Unix socket');
  });

  it.each([
    'mysql://me:x@db/mail',
    'postgres:/me:x@db/mail',
    'postgres://db/mail',
    'postgres://me:x@db',
    'postgres://me:x@db/',
    'postgres://me:x@/mail',
    'postgres://me:x@db:0/mail',
    'postgres://me:x@db:65536/mail',
    'postgres://me:x@db:5432:1/mail',
    'postgres://me:x@y@db/mail',
    'postgres://me:x/y@db/mail',
    'postgres://me:x#y@db/mail',
    'postgres://me:x%zz@db/mail',
    'postgres://me:%00@db/mail',
    'postgres://me:x@db,evil/mail',
    'postgres://me:x@db/mail/more',
    'postgres://me:x@db/mail#more',
    'postgres://me:x@db/mail?host=evil',
    'postgres://me:x@db/mail?host=/run/postgresql',
    'postgres://me:x@[::1/mail',
    'postgres://me:x@[1.2.3.4]/mail',
    'postgres://me:x@-db/mail',
    'postgres://me:x @db/mail',
    'postgres://postgres:[YOUR-PASSWORD]@db.example.com/postgres',
    `postgres://me:${'x'.repeat(5000)}@db/mail`,
    '',
  ])('is not %s', (text) => {
    expect(refused(text)).not.toBe('taken');
  });

  it('is shown, and refused, without its password', () => {
    expect(shownAddress(read('postgres://me:geheim@db/mail'))).toBe('database mail at db:5432 as me');
    for (const text of [
      'postgres://me:geheim@y@db/mail',
      'postgres://me:geheim@db/mail?x=geheim',
      'postgres://geheim',
    ])
      expect(refused(text)).not.toContain('geheim');
  });

  it('takes nothing of the environment into the connection', () => {
    const address = read('postgres://me@db.example.com/mail');
    const config = connectionTo(address, 'PEM');
    expect(config).toMatchObject({ host: 'db.example.com', port: 5432, user: 'me', database: 'mail' });
    expect(config.ssl).toMatchObject({ rejectUnauthorized: true, ca: 'PEM' });
    expect(typeof config.password).toBe('function');
    expect(connectionTo({ ...address, tls: 'disable' }, null).ssl).toBe(false);
  });
});
