/**
 * Before the first test of the project `workerd-postgres`, after the server of the run is there: a database with our tables,
 * which every test copies, and where the Workers' bindings lead.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { openPostgres } from '@tinyfat/database/postgres';
import type { TestProject } from 'vitest/node';
import { addressesOfRun, databaseName, databaseUrl, RUN_PREFIX } from '../postgres/addresses.ts';
import { atAddresses } from '../postgres/start.ts';

/** For the configuration of the project, by `inject`. */
export interface HyperdriveOfRun {
  /**
   * URLs: through the pooler, as the owner of the databases, as a superuser, to a port where nobody listens, and to one
   * where nobody answers.
   */
  hyperdrives: Record<'HYPERDRIVE' | 'OWNER' | 'ADMIN' | 'AWAY' | 'SILENT', string>;
  bindings: { TEMPLATE: string; PREFIX: string };
}

export default async function prepareHyperdrive({ provide }: TestProject): Promise<() => Promise<void>> {
  const addresses = addressesOfRun(process.env);
  const server = atAddresses(addresses);
  const template = databaseName(process.env);
  await server.createDatabase(template);
  await (await openPostgres({ url: server.url(template) })).destroy();
  const silent = await listenSilently();
  const given: HyperdriveOfRun = {
    hyperdrives: {
      HYPERDRIVE: databaseUrl(addresses.pooler, 'postgres'),
      OWNER: databaseUrl(addresses.direct, 'postgres'),
      ADMIN: databaseUrl(addresses.admin, 'postgres'),
      AWAY: 'postgres://tinyfat:none@127.0.0.1:1/postgres',
      SILENT: `postgres://tinyfat:none@127.0.0.1:${silent.port}/postgres`,
    },
    bindings: { TEMPLATE: template, PREFIX: process.env[RUN_PREFIX] ?? '' },
  };
  provide('hyperdriveOfRun', given);
  return silent.close;
}

/** Takes connections of this machine and says nothing. */
async function listenSilently(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listener has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    hyperdriveOfRun: HyperdriveOfRun;
  }
}
