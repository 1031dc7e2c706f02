/** `tinyfat token create|list|revoke`: tokens of the JSON API. A token is printed once, when it is made. */
import { isScope, SCOPES, tokenRoutes } from '@tinyfat/platform';
import { refused, withApi } from '../client/open-api.ts';
import type { Config } from '../config.ts';
import { type Command, printable, printRows, readWords, UsageError } from './command.ts';

const USAGE =
  'write: token create --owner ADDR [--name N] [--scope S]... [--expires DAYS|never], token list [--owner ADDR] or token revoke ID';
const DEFAULT_SCOPES = ['read', 'write'];

/** Makes, shows and revokes them. */
export const tokenCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    owner: { type: 'string' },
    name: { type: 'string', default: '' },
    scope: { type: 'string', multiple: true, default: DEFAULT_SCOPES },
    expires: { type: 'string' },
    json: { type: 'boolean' },
  });
  const [action, id, ...rest] = positionals;
  if (rest.length > 0 || (action === 'revoke') !== (id !== undefined)) throw new UsageError(USAGE);
  if (action === 'list') return await list(config, values.owner, values.json === true);
  if (action === 'revoke') return await revoke(config, id ?? '');
  const isOwned = values.owner !== undefined || config.client.server !== null;
  if (action !== 'create' || !isOwned) throw new UsageError(USAGE);
  return await create(config, values);
};

async function create(
  config: Config,
  { owner, name, scope, expires }: { owner?: string; name: string; scope: string[]; expires?: string },
): Promise<number> {
  const scopes = scope.filter(isScope);
  if (scopes.length < scope.length) {
    throw new UsageError(`--scope: write one or more of these: ${SCOPES.join(', ')}`);
  }
  const end = endOf(expires);
  return await withApi(config, async (api) => {
    const made = await api.call(tokenRoutes.createToken, {
      body: { name, scopes, owner, ...(end === undefined ? {} : { expires_in_days: end }) },
    });
    if (!made.ok) return refused(made);
    // What a server's ADMIN_EMAILS says is not known here.
    const isHere = config.client.server === null;
    if (isHere && scopes.includes('admin') && !config.adminEmails.includes(made.body.owner)) {
      console.error(`Warning: the scope admin counts only while ADMIN_EMAILS names ${made.body.owner}.`);
    }
    console.log(printable(made.body.token));
    console.error('Keep it: it is shown this once. Send it as: Authorization: Bearer TOKEN');
    return 0;
  });
}

function endOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'never') return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError('--expires: write a number of days, or never');
}

async function list(config: Config, owner: string | undefined, json: boolean): Promise<number> {
  return await withApi(config, async (api) => {
    const listed = await api.call(tokenRoutes.listTokens, { query: { owner } });
    if (!listed.ok) return refused(listed);
    const rows = listed.body.data.map(({ scopes, revoked_at, expires_at, ...token }) => ({
      ...token,
      scopes: scopes.join(' '),
      expires_at: expires_at ?? 'never',
      revoked_at,
    }));
    printRows(rows, json, 'No token yet. Make one: tinyfat token create --owner you@example.com');
    return 0;
  });
}

async function revoke(config: Config, id: string): Promise<number> {
  return await withApi(config, async (api) => {
    const gone = await api.call(tokenRoutes.revokeToken, { params: { id } });
    if (!gone.ok) return refused(gone);
    console.log('The token is worth nothing any more.');
    return 0;
  });
}
