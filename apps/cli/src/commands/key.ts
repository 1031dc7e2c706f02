/** `tinyfat key set|list|remove|rotate`: keys of LLM providers by owner. Write-only: no key is ever shown again. */
import {
  canonicalAddress,
  isLlmProvider,
  LLM_PROVIDERS,
  type LlmProvider,
  MAX_KEY_BYTES,
  parseProviderKey,
  renderError,
} from '@tinyfat/core';
import { deleteProviderKey, listAgents, listProviderKeys } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { masterKeySource, type Rotation, rotateMasterKeys, storeProviderKey } from '../server/master-keys.ts';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { withData } from './open.ts';
import { readKey } from './read-key.ts';

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
  const owner = values.owner === undefined ? null : canonicalOwner(values.owner);
  if (action === 'list') return await list(config, owner, values.json === true);
  if (action === 'rotate') return await rotate(config);
  if ((action !== 'set' && action !== 'remove') || owner === null) throw new UsageError(USAGE);
  const provider = knownProvider(values.provider ?? LLM_PROVIDERS[0]);
  return action === 'set' ? await set(config, owner, provider) : await remove(config, owner, provider);
};

function canonicalOwner(text: string): string {
  const parsed = canonicalAddress(text);
  if (!parsed.ok) throw new UsageError(`--owner: ${parsed.reason}`);
  return parsed.address;
}

function knownProvider(name: string): LlmProvider {
  if (isLlmProvider(name)) return name;
  throw new UsageError(`--provider: write one of these: ${LLM_PROVIDERS.join(', ')}`);
}

async function set(config: Config, owner: string, provider: LlmProvider): Promise<number> {
  const text = await readKey(process.stdin, MAX_KEY_BYTES, () => {
    process.stderr.write(`Paste the ${provider} key of ${owner}, then press Enter (it is not shown): `);
  });
  if (process.stdin.isTTY) process.stderr.write('\n');
  if (text === null) {
    console.error('tinyfat: nothing was stored.');
    return 1;
  }
  const parsed = parseProviderKey(text);
  if (!parsed.ok) throw new UsageError(`${parsed.reason} Nothing was stored.`);
  const { key, lastFour } = parsed;
  return await withData(config, async (data) => {
    const stored = await storeProviderKey(data.db, masterKeySource(config, data), {
      owner,
      provider,
      key,
      lastFour,
    });
    if (!stored.ok) return refused(stored);
    const instead = stored.replaced === null ? '' : `, in place of the one that ends in ${stored.replaced}`;
    console.log(
      `The ${provider} key that ends in ${lastFour} is stored${instead}. It pays for the agents of ${owner} from their next turn on.`,
    );
    if (!(await listAgents(data.db)).some((agent) => agent.owner === owner)) {
      console.error(`Warning: ${owner} owns no agent; see: tinyfat agent list`);
    }
    return 0;
  });
}

async function list(config: Config, owner: string | null, json: boolean): Promise<number> {
  return await withData(config, async ({ db }) => {
    const rows = (await listProviderKeys(db, owner)).map((key) => ({
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

async function remove(config: Config, owner: string, provider: LlmProvider): Promise<number> {
  return await withData(config, async ({ db }) => {
    if (!(await deleteProviderKey(db, owner, provider))) {
      console.error(`tinyfat: ${renderError('provider_key_unknown', `Asked for: ${provider} of ${owner}.`)}`);
      return 1;
    }
    const next = config.anthropic.apiKey ? "the operator's key pays" : 'the demo model answers';
    console.log(`The key is gone. From their next turn on, ${next} for the agents of ${owner}.`);
    return 0;
  });
}

async function rotate(config: Config): Promise<number> {
  return await withData(config, async (data) => {
    const source = masterKeySource(config, data);
    const rotation = await rotateMasterKeys(data.db, source);
    if (!rotation.ok) return refused(rotation);
    for (const line of story(rotation, source.kind)) console.log(line);
    for (const { owner, provider, reason } of rotation.unreadable) {
      console.error(
        `tinyfat: the ${provider} key of ${owner} does not open (${reason}) and stays as it is; store it again: tinyfat key set --owner ${owner} --provider ${provider}`,
      );
    }
    return rotation.unreadable.length > 0 ? 1 : 0;
  });
}

function story({ current, rewrapped, retired }: Rotation, kind: 'environment' | 'file'): string[] {
  const keys = rewrapped === 1 ? '1 key is' : `${rewrapped} keys are`;
  const done = `The master key is ${current}; ${keys} wrapped anew.`;
  if (retired.length === 0) {
    return kind === 'file' || rewrapped > 0
      ? [done]
      : [done, 'For a new master key, put it first in MASTER_KEYS, restart the server, and rotate again.'];
  }
  const old = retired.join(', ');
  return kind === 'file'
    ? [done, `Removed: ${old}.`]
    : [done, `No longer needed in MASTER_KEYS: ${old}. Take it out and restart the server.`];
}

function refused(refusal: { code: string; detail: string }): number {
  console.error(`tinyfat: ${renderError(refusal.code, refusal.detail)}`);
  return 1;
}
