/** What is counted about each open connection, so that no client takes more than its share. */

interface Connection {
  address: string;
  refusedRecipients: number;
}

/** Counts connections of each client, and the recipients that each asked for in vain. */
export interface ConnectionLedger {
  /** False when the client has as many connections as it may. */
  open(id: string, address: string): boolean;
  close(id: string): void;
  /** How many recipients were refused on this connection, this one included. */
  refuseRecipient(id: string): number;
}

/** A ledger with a limit of connections from one client address. */
export function connectionLedger(maxPerClient: number): ConnectionLedger {
  const connections = new Map<string, Connection>();
  const perClient = new Map<string, number>();
  return {
    open(id, address) {
      const count = perClient.get(address) ?? 0;
      if (count >= maxPerClient) return false;
      connections.set(id, { address, refusedRecipients: 0 });
      perClient.set(address, count + 1);
      return true;
    },
    close(id) {
      const connection = connections.get(id);
      if (connection === undefined) return;
      connections.delete(id);
      const count = (perClient.get(connection.address) ?? 1) - 1;
      if (count === 0) perClient.delete(connection.address);
      else perClient.set(connection.address, count);
    },
    refuseRecipient(id) {
      const connection = connections.get(id);
      if (connection === undefined) return 0;
      connection.refusedRecipients += 1;
      return connection.refusedRecipients;
    },
  };
}
