/** What is counted about each open connection, so that no client takes more than its share. */

interface Connection {
  client: string;
  refusedRecipients: number;
}

/** Counts connections of each client, and the recipients that each asked for in vain. */
interface ConnectionLedger {
  /** False when the client has as many connections as it may. */
  open(id: string, client: string): boolean;
  close(id: string): void;
  /** How many recipients were refused on this connection, this one included. */
  refuseRecipient(id: string): number;
}

/** A ledger with a limit of connections from one client (`clientNetwork`). */
export function connectionLedger(maxPerClient: number): ConnectionLedger {
  const connections = new Map<string, Connection>();
  const perClient = new Map<string, number>();
  return {
    open(id, client) {
      const count = perClient.get(client) ?? 0;
      if (count >= maxPerClient) return false;
      connections.set(id, { client, refusedRecipients: 0 });
      perClient.set(client, count + 1);
      return true;
    },
    close(id) {
      const connection = connections.get(id);
      if (connection === undefined) return;
      connections.delete(id);
      const count = (perClient.get(connection.client) ?? 1) - 1;
      if (count === 0) perClient.delete(connection.client);
      else perClient.set(connection.client, count);
    },
    refuseRecipient(id) {
      const connection = connections.get(id);
      if (connection === undefined) return 0;
      connection.refusedRecipients += 1;
      return connection.refusedRecipients;
    },
  };
}
