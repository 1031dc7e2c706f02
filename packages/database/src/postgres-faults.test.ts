/** Words that only services have which no test can start; those of Postgres and pgbouncer: postgres/faults.test.ts. */
import { describe, expect, it } from 'vitest';
import { databaseFaultText, postgresFault } from './postgres-faults.ts';

/** As `pg` gives what Hyperdrive says (developers.cloudflare.com/hyperdrive/observability/troubleshooting). */
const said = (message: string) => Object.assign(new Error(message), { code: '58000', severity: 'FATAL' });

describe('what Hyperdrive says', () => {
  it.each([
    ['Failed to acquire a connection from the pool.', 'database_connections'],
    ['Server connection attempt failed: connection_refused', 'database_unreachable'],
    ['Internal error.', 'database_unreachable'],
  ] as const)('%s is %s', (message, code) => {
    expect(postgresFault(said(message))).toBe(code);
    expect(databaseFaultText(said(message))).toContain(message);
  });

  it('is no fault of the database without its code', () => {
    expect(postgresFault(new Error('Internal error.'))).toBeNull();
  });
});

it.each(['Network connection lost.', 'proxy request failed, cannot connect to the specified address'])(
  'what workerd says of a socket, %s, is no answer',
  (message) => {
    expect(postgresFault(new Error(message))).toBe('database_unreachable');
  },
);
