/**
 * What a connection of `pg` needs so that a server which goes away does not take us with it: an error of a connection that
 * is in use, but runs no statement at that moment, would end the process; and a statement to a server that has vanished
 * from the network would wait for a quarter of an hour.
 */
import type pg from 'pg';

/** Guards a connection that is new. A statement without an answer after `statementMs` fails, and its connection ends. */
export function guard(client: pg.PoolClient, statementMs: number): void {
  // The next statement on it fails with this error, where `pg` only says that it can not be used; the pool then forgets it.
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  const query: (...words: unknown[]) => unknown = client.query.bind(client);
  const withDeadline = (...words: unknown[]) => {
    if (lost) return Promise.reject(lost);
    const answer = query(...words);
    if (!(answer instanceof Promise)) return answer;
    const timer = setTimeout(() => abandon(client, new NoAnswer(statementMs)), statementMs);
    return answer.finally(() => clearTimeout(timer));
  };
  Object.assign(client, { query: withDeadline });
}

/** Ends a connection at once, whatever it is doing: statements on it fail with that reason. */
export function abandon(client: pg.PoolClient, reason: Error): void {
  const connection = Reflect.get(client, 'connection');
  // Said here, because a socket of Workers does not say what it was destroyed with.
  connection.emit('error', reason);
  connection.stream.destroy();
}

/** The database was asked and said nothing. */
class NoAnswer extends Error {
  override name = 'NoAnswer';
  readonly code = 'ETIMEDOUT';

  constructor(ms: number) {
    super(`no answer within ${ms / 1000} s`);
  }
}
