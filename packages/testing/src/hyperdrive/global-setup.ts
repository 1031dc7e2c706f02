/**
 * Before the first test of the project `workerd-postgres`, after the server of the run is there: a database with our tables,
 * which every test copies, and where the Workers' bindings lead.
 */
import { openPostgres } from '@tinyfat/database/postgres';
import type { TestProject } from 'vitest/node';
import { addressesOfRun, databaseName, databaseUrl, RUN_PREFIX } from '../postgres/addresses.ts';
import { atAddresses } from '../postgres/start.ts';

/** For the configuration of the project, by `inject`. */
export interface HyperdriveOfRun {
  /** URLs: through the pooler, as the owner of the databases, and as a superuser. */
  hyperdrives: { HYPERDRIVE: string; OWNER: string; ADMIN: string };
  bindings: { TEMPLATE: string; PREFIX: string };
}

export default async function prepareHyperdrive({ provide }: TestProject): Promise<void> {
  const addresses = addressesOfRun(process.env);
  const server = atAddresses(addresses);
  const template = databaseName(process.env);
  await server.createDatabase(template);
  await (await openPostgres({ url: server.url(template) })).destroy();
  const given: HyperdriveOfRun = {
    hyperdrives: {
      HYPERDRIVE: databaseUrl(addresses.pooler, 'postgres'),
      OWNER: databaseUrl(addresses.direct, 'postgres'),
      ADMIN: databaseUrl(addresses.admin, 'postgres'),
    },
    bindings: { TEMPLATE: template, PREFIX: process.env[RUN_PREFIX] ?? '' },
  };
  provide('hyperdriveOfRun', given);
}

declare module 'vitest' {
  interface ProvidedContext {
    hyperdriveOfRun: HyperdriveOfRun;
  }
}
