/** A connection that leaves the machine goes to the server that was meant, encrypted, or not at all. */
import { makeCertificate } from '@tinyfat/testing/certificates';
import { describeOwnServer } from '@tinyfat/testing/postgres/describe-own-server';
import { type PostgresWishes, type PrivatePostgres, startPostgres } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../schema/index.ts';
import { openPostgres } from './open.ts';

const authority = { ...makeCertificate({ names: ['ca'], authority: true }), name: 'ca' };
const stranger = makeCertificate({ names: ['ca'], authority: true });

describeOwnServer('TLS', () => {
  let server: PrivatePostgres;
  let mute: PrivatePostgres;
  beforeAll(async () => {
    const certificate = makeCertificate({ names: ['localhost', '127.0.0.1'], issuer: authority });
    [server, mute] = await Promise.all([start({ certificate }), start({})]);
  });
  afterAll(async () => {
    await Promise.all([server, mute].map(({ stop }) => stop()));
  });

  async function start(wishes: PostgresWishes): Promise<PrivatePostgres> {
    const made = await startPostgres(wishes);
    await made.createDatabase('mail');
    return made;
  }
  const verified = (url: string) => `${url}?sslmode=verify-full`;
  const isEncrypted = async (db: Database) => {
    const found = await sql<{
      ssl: boolean;
    }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
    await db.destroy();
    return found.rows[0]?.ssl;
  };
  const fault = (url: string, authorities: string | null) =>
    openPostgres({ url, authorities }).then(
      () => 'opened',
      (error: { code?: string }) => error.code,
    );

  it('is used, directly and through a pooler, with the authority of the operator', async () => {
    const url = verified(server.url('mail'));
    const db = await openPostgres({ url, authorities: authority.cert });
    expect(await isEncrypted(db)).toBe(true);
    const pooled = {
      url: verified(server.poolerUrl('mail')),
      directUrl: url,
      authorities: authority.cert,
    };
    await (await openPostgres(pooled)).destroy();
  });

  it('takes no certificate of an authority that Node does not know, or of another one than the operator named', async () => {
    const url = verified(server.url('mail'));
    expect(await fault(url, null)).toBe('database_certificate');
    expect(await fault(url, stranger.cert)).toBe('database_certificate');
  });

  it('takes no certificate of another host', async () => {
    const wrong = await startWithNames(['db.example.com']);
    expect(await fault(verified(wrong.url('mail')), authority.cert)).toBe('database_certificate');
    await wrong.stop();
  });

  it('takes no certificate for localhost where an address was dialled', async () => {
    const wrong = await startWithNames(['localhost']);
    expect(await fault(verified(wrong.url('mail')), authority.cert)).toBe('database_certificate');
    const byName = wrong.url('mail').replace('@127.0.0.1:', '@localhost:');
    expect(await fault(verified(byName), authority.cert)).toBe('opened');
    await wrong.stop();
  });

  it('does not go on unencrypted where the server, or somebody on the way, says that it has none', async () => {
    expect(await fault(verified(mute.url('mail')), authority.cert)).toBe('database_no_tls');
    expect(await fault(verified(mute.poolerUrl('mail')), authority.cert)).toBe('database_no_tls');
  });

  it('is not used where the operator wrote so', async () => {
    const db = await openPostgres({ url: `${server.url('mail')}?sslmode=disable` });
    expect(await isEncrypted(db)).toBe(false);
  });

  async function startWithNames(names: string[]): Promise<PrivatePostgres> {
    return await start({ certificate: makeCertificate({ names, issuer: authority }) });
  }
});
