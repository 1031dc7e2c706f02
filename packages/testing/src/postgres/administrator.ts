/** One connection for statements about databases, which come in hundreds; it keeps no process alive that has nothing else to do. */
import pg from 'pg';

/** The types leave these out. */
type Client = pg.Client & { ref(): void; unref(): void };

/** Gives a function that runs a statement there, one after the other. Connects when it must, and anew after a loss. */
export function administrator(connectionString: string): (statement: string) => Promise<void> {
  let connected: Promise<Client> | undefined;
  let running = 0;
  async function connect(): Promise<Client> {
    const client = new pg.Client({ connectionString }) as Client;
    const forget = () => {
      connected = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    return client;
  }
  return async (statement) => {
    connected ??= connect();
    const client = await connected.catch((error) => {
      connected = undefined;
      throw error;
    });
    running++;
    client.ref();
    try {
      await client.query(statement);
    } finally {
      running--;
      if (running === 0) client.unref();
    }
  };
}
