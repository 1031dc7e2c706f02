/**
 * Connections that are lost while somebody uses them: a server that restarts, an administrator who ends a session. `pg`
 * emits such an error beside the query's own, and without a listener the process ends (nodejs.org/api/events.html#error-events).
 */
import {
  type PostgresCursor,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';

/** The pool, whose connections once lost give the reason to every later query of their user and are not used again. */
export function reportingLosses(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let lost: Error | undefined;
      const note = (error: Error) => {
        lost ??= error;
      };
      client.on('error', note);
      return {
        query: queryUnless(() => lost, client),
        release(destroy = false) {
          client.release(destroy || lost !== undefined);
          // By now the pool listens itself.
          client.off('error', note);
        },
      };
    },
  };
}

/** `pg` itself says only that the client can not be queried any more. */
function queryUnless(
  lost: () => Error | undefined,
  client: Pick<PostgresPoolClient, 'query'>,
): PostgresPoolClient['query'] {
  function query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  function query<Row>(asked: string | PostgresCursor<Row>, parameters: readonly unknown[] = []) {
    if (typeof asked !== 'string') return client.query(asked);
    const reason = lost();
    return reason === undefined ? client.query<Row>(asked, parameters) : Promise.reject(reason);
  }
  return query;
}

/** A rollback that fails does not take the place of what went wrong: the connection is closed, which rolls back as well. */
export class CauseKeepingDriver extends PostgresDriver {
  override async rollbackTransaction(
    connection: Parameters<PostgresDriver['rollbackTransaction']>[0],
  ): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch {
      // Kysely has marked the connection, so that it is closed and not used again.
    }
  }
}
