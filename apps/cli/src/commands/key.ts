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
import type { ApiClient } from '../client/api-client.ts';
import { notFound, onThisMachine, refused, withApi } from '../client/open-api.ts';
import type { Config } from '../config.ts';
import { type Command, printable, printRows, readWords, time, UsageError } from './command.ts';
import { chosenOwner, warnOfNoAgent } from './named-agent.ts';
import { readKey } from './read-key.ts';
import { rotateKeys } from './rotate-keys.ts';

const USAGE =
  'write: key set --owner ADDR [--provider anthropic], key list [--owner ADDR], key remove --owner ADDR [--provider anthropic] or key rotate';

/** Stores, shows and removes keys of owners; wraps all of them anew. */
export const keyCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    owner: { type: 'string' },
    provider: { type: 'string' },
  });
  const [action, ...rest] = positionals;
  if (rest.length > 0) {
    // It may well be the key, so it is not repeated.
    throw new UsageError(
      `there is a word too many. A key is read from standard input only: in a command line others could see it. ${USAGE}`,
    );
  }
  if (action === 'list') return await list(config, values.owner, values.json === true);
  if (action === 'rotate') {
    onThisMachine(config, 'key rotate');
    return await rotateKeys(config);
  }
  if (action !== 'set' && action !== 'remove') throw new UsageError(USAGE);
  const provider = knownProvider(values.provider ?? LLM_PROVIDERS[0]);
  return await withApi(config, async (api) => {
    const owner = await chosenOwner(api, values.owner, USAGE);
    if (owner === null) return 1;
    return action === 'set' ? await set(api, owner, provider) : await remove(api, config, owner, provider);
  });
};

function knownProvider(name: string): LlmProvider {
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

async function list(config: Config, named: string | undefined, json: boolean): Promise<number> {
  return await withApi(config, async (api) => {
    const listed = await api.call(keyRoutes.listKeys, { query: { owner: named } });
    if (!listed.ok) return refused(listed);
    const rows = listed.body.data.map((key) => ({
      owner: key.owner,
      provider: key.provider,
      last_four: key.last_four,
      created: time(key.created_at),
      last_used: time(key.last_used_at),
    }));
    printRows(rows, json, 'No key is stored. Store one: tinyfat key set --owner you@example.com');
    return 0;
  });
}

async function remove(api: ApiClient, config: Config, owner: string, provider: LlmProvider): Promise<number> {
  const gone = await api.call(keyRoutes.deleteKey, { params: { provider }, query: { owner } });
  if (!gone.ok) {
    return notFound(gone, renderError('provider_key_unknown', `Asked for: ${provider} of ${owner}.`));
  }
  // Whether a server has a key of its own is not known here.
  const next =
    config.client.server !== null
      ? "the server's own key pays, if it has one,"
      : config.anthropic.apiKey
        ? "the operator's key pays"
        : 'the demo model answers';
  console.log(printable(`The key is gone. From their next turn on, ${next} for the agents of ${owner}.`));
  return 0;
}
