/** Transactions on connections that are lost in the middle. */
import { PostgresDriver } from 'kysely';

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
