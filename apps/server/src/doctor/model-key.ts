/** The key for the model, by its form. */
import type { Config } from '../config.ts';
import { broken, type Check, note, ok } from './finding.ts';
import type { Records } from './records.ts';

const ANTHROPIC = 'https://api.anthropic.com';

/** ANTHROPIC_API_KEY; other servers than Anthropic's have keys of other forms. */
export function modelKeyCheck(
  { anthropic }: Pick<Config, 'anthropic'>,
  records: () => Promise<Records>,
): Check {
  const { apiKey, baseUrl } = anthropic;
  return {
    name: 'model',
    async look() {
      const found = await records();
      const owners = found.state === 'open' ? found.keyOwners : 0;
      const theirs =
        owners === 0
          ? ''
          : `; ${owners} ${owners === 1 ? 'owner has a key' : 'owners have keys'} of their own`;
      if (apiKey === null)
        return note(
          `the built-in demo model${theirs}`,
          'Set ANTHROPIC_API_KEY for a real one, or tinyfat key set --owner ADDR for one owner.',
        );
      const key = `a key for ${new URL(baseUrl).host}${theirs}`;
      if (baseUrl !== ANTHROPIC || /^sk-ant-api\d\d-[\w-]{80,}$/.test(apiKey)) return ok(key);
      if (apiKey.startsWith('sk-ant-admin'))
        return broken(
          'ANTHROPIC_API_KEY is an admin key, which can not send messages',
          'Make an API key (sk-ant-api…) in the console of the provider.',
        );
      if (apiKey.startsWith('sk-ant-oat'))
        return broken(
          'ANTHROPIC_API_KEY is a token of a subscription, which is no API key',
          'Make an API key (sk-ant-api…) in the console of the provider.',
        );
      return note(
        `${key}, of an unusual form or cut short`,
        'Keys of Anthropic begin with sk-ant-api; tinyfat doctor --online tries it.',
      );
    },
  };
}
