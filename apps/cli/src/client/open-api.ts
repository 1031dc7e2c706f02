/** Opens for one command what it works on: the API of the server that was named, else that of this machine's data folder. */
import type { Config } from '@tinyfat/server/config';
import type { DataFolder } from '@tinyfat/server/data-folder';
import { type Run, UsageError } from '../command.ts';
import { printable } from '../output/text.ts';
import type { ApiClient, Failed } from './api-client.ts';

type Words = readonly (string | undefined)[];

/** A command that asks the API, and does nothing before it. */
export function overApi<W extends Words = [], Values = unknown>(
  use: (api: ApiClient, ...given: Parameters<Run<W, Values>>) => Promise<number>,
): Run<W, Values> {
  return async (given, config) => await withApi(config, async (api) => await use(api, given, config));
}

/** Runs `use` on the API; gives the exit code. */
export async function withApi(config: Config, use: (api: ApiClient) => Promise<number>): Promise<number> {
  const { server, token } = config.client;
  if (server === null) {
    const { localApi } = await import('./local.ts');
    return await withData(config, (data) => use(localApi(config, data)));
  }
  if (token === null) {
    throw new UsageError(
      `a token is needed for ${server}: set TINYFAT_TOKEN, or name a file that holds it with --token-file FILE`,
    );
  }
  const { remoteApi } = await import('./remote.ts');
  return await use(remoteApi({ url: server, token }));
}

/** Runs `use` on the open folder. Works beside a running server. What only asks a server far away loads no database. */
export async function withData(config: Config, use: (data: DataFolder) => Promise<number>): Promise<number> {
  const { openDataFolder } = await import('@tinyfat/server/data-folder');
  const data = await openDataFolder(config);
  try {
    return await use(data);
  } finally {
    await data.close();
  }
}

/** Throws a UsageError where a server was named for something that works on the data folder itself. */
export function onThisMachine(config: Config, what: string): void {
  if (config.client.server === null) return;
  throw new UsageError(
    `${what} works on the data folder of the machine that it runs on, not over --server. Run it where the server runs, without --server and TINYFAT_SERVER.`,
  );
}

/** Fields of the API that are options here. */
const OPTIONS = ['owner', 'allow', 'model', 'display_name', 'egress'];

/** Says why something was refused, and gives 1; a UsageError where the words were the trouble. */
export function refused({ status, detail, nextStep }: Failed): number {
  if (status === 400) {
    const words = detail.replace(/^"(\w+)": /, (_, field: string) =>
      OPTIONS.includes(field) ? `--${field.replace('_', '-')}: ` : '',
    );
    throw new UsageError(printable(words));
  }
  console.error(`tinyfat: ${printable(`${detail} ${nextStep}`.trim())}`);
  return 1;
}

/** The same for something called by name or id: `unknown` is the sentence where it does not exist. */
export function notFound(failure: Failed, unknown: string): number {
  if (failure.status !== 404) return refused(failure);
  console.error(`tinyfat: ${printable(unknown)}`);
  return 1;
}
