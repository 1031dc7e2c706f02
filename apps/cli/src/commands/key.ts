/** `tinyfat key set|list|remove|rotate`: keys of LLM providers by owner. Write-only: no key is ever shown again. */
import {
  isLlmProvider,
  LLM_PROVIDERS,
  type LlmProvider,
  MAX_KEY_BYTES,
  parseProviderKey,
  renderError,
} from '@tinyfat/core';
import { keyRoutes } from '@tinyfat/platform';
import type { Config } from '@tinyfat/server/config';
import type { ApiClient } from '../client/api-client.ts';
import { notFound, overApi, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { readKey } from '../input/read-key.ts';
import { printTable } from '../output/table.ts';
import { printable, time } from '../output/text.ts';
import { chosenOwner, warnOfNoAgent } from './named-agent.ts';

interface OfOwner {
  owner: string | undefined;
  provider: string | undefined;
}

/** Stores the key that comes on standard input. */
export const setKey: Run<[], OfOwner> = async ({ options }, config) => {
  const provider = knownProvider(options.provider);
  return await withApi(config, async (api) => {
    const owner = await chosenOwner(api, options.owner, '--owner ADDR is missing');
    return owner === null ? 1 : await set(api, owner, provider);
  });
};

/** Takes a stored key away. */
export const removeKey: Run<[], OfOwner> = async ({ options }, config) => {
  const provider = knownProvider(options.provider);
  return await withApi(config, async (api) => {
    const owner = await chosenOwner(api, options.owner, '--owner ADDR is missing');
    return owner === null ? 1 : await remove(api, config, owner, provider);
  });
};

/** Lists what is stored, without the keys. */
export const listKeys = overApi<[], { owner: string | undefined; json: boolean }>(
  async (api, { options }) => {
    const listed = await api.call(keyRoutes.listKeys, { query: { owner: options.owner } });
    if (!listed.ok) return refused(listed);
    printTable(
      listed.body.data,
      {
        columns: [
          { head: 'owner', cell: ({ owner }) => owner, least: 15 },
          { head: 'provider', cell: ({ provider }) => provider },
          { head: 'ends in', cell: ({ last_four: lastFour }) => lastFour },
          { head: 'created', cell: ({ created_at: at }) => time(at) },
          { head: 'last used', cell: ({ last_used_at: at }) => time(at) },
        ],
        json: ({ owner, provider, last_four, created_at: created, last_used_at: last_used }) => ({
          owner,
          provider,
          last_four,
          created,
          last_used,
        }),
        empty: 'No key is stored. Store one: tinyfat key set --owner you@example.com',
      },
      options.json,
    );
    return 0;
  },
);

function knownProvider(name: string = LLM_PROVIDERS[0]): LlmProvider {
  if (isLlmProvider(name)) return name;
  throw new UsageError(`--provider: write one of these: ${LLM_PROVIDERS.join(', ')}`);
}

async function set(api: ApiClient, owner: string, provider: LlmProvider): Promise<number> {
  const text = await readKey(process.stdin, MAX_KEY_BYTES, () => {
    process.stderr.write(
      `Paste the ${provider} key of ${printable(owner)}, then press Enter (it is not shown): `,
    );
  });
  if (process.stdin.isTTY) process.stderr.write('\n');
  if (text === null) {
    console.error('tinyfat: nothing was stored.');
    return 1;
  }
  const parsed = parseProviderKey(text);
  if (!parsed.ok) throw new UsageError(`${parsed.reason} Nothing was stored.`);
  const { key } = parsed;
  const stored = await api.call(keyRoutes.putKey, { params: { provider }, query: { owner }, body: { key } });
  if (!stored.ok) return refused(stored);
  const { replaced, last_four: lastFour } = stored.body;
  const instead = replaced === null ? '' : `, in place of the one that ends in ${replaced}`;
  console.log(
    printable(
      `The ${provider} key that ends in ${lastFour} is stored${instead}. It pays for the agents of ${owner} from their next turn on.`,
    ),
  );
  await warnOfNoAgent(api, owner);
  return 0;
}

async function remove(api: ApiClient, config: Config, owner: string, provider: LlmProvider): Promise<number> {
  const gone = await api.call(keyRoutes.deleteKey, { params: { provider }, query: { owner } });
  if (!gone.ok) {
    return notFound(gone, renderError('provider_key_unknown', `Asked for: ${provider} of ${owner}.`));
  }
  // Whether another machine's server has a key of its own is unknown here.
  const next =
    config.client.server !== null
      ? "the server's own key pays, if it has one,"
      : config.anthropic.apiKey
        ? "the operator's key pays"
        : 'the demo model answers';
  console.log(printable(`The key is gone. From their next turn on, ${next} for the agents of ${owner}.`));
  return 0;
}
