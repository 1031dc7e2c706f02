/** `tinyfat token create|list|revoke`: tokens of the JSON API. A token is printed once, when it is made. */
import { isScope, meRoutes, SCOPES, tokenRoutes } from '@tinyfat/platform';
import type { ApiClient } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { overApi, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { shortIds } from '../output/short-id.ts';
import { printTable } from '../output/table.ts';
import { printable, time } from '../output/text.ts';
import { warnOfNoAgent } from './named-agent.ts';

const DEFAULT_SCOPES = ['read', 'write'];

interface CreateOptions {
  owner: string | undefined;
  name: string;
  scope: string[];
  expires: string | undefined;
}

/** Makes a token; it alone goes to standard output, this once. */
export const createToken: Run<[], CreateOptions> = async ({ options }, config) => {
  const { owner, name, expires } = options;
  const scope = options.scope.length === 0 ? DEFAULT_SCOPES : options.scope;
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
    // The ADMIN_EMAILS of another machine are unknown; its API says whether the caller is an admin.
    const isHere = config.client.server === null;
    const isAdmin = isHere
      ? config.adminEmails.includes(made.body.owner)
      : await isAskedByAdmin(api, made.body.owner);
    if (!isAdmin) await warnOfNoAgent(api, made.body.owner);
    if (isHere && scopes.includes('admin') && !isAdmin) {
      console.error(`Warning: the scope admin counts only while ADMIN_EMAILS names ${made.body.owner}.`);
    }
    console.log(printable(made.body.token));
    console.error('Keep it: it is shown this once. Send it as: Authorization: Bearer TOKEN');
    return 0;
  });
};

async function isAskedByAdmin(api: ApiClient, owner: string): Promise<boolean> {
  const me = await api.call(meRoutes.getMe);
  return me.ok && me.body.is_admin && me.body.owner === owner;
}

function endOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'never') return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError('--expires: write a number of days, or never');
}

/** Lists tokens, without their secrets. */
export const listTokens = overApi<[], { owner: string | undefined; json: boolean }>(
  async (api, { options }) => {
    const { owner } = options;
    const listed = await listAll((page) => api.call(tokenRoutes.listTokens, { query: { owner, ...page } }));
    if (!listed.ok) return refused(listed);
    const short = shortIds(listed.body.map(({ id }) => id));
    printTable(
      listed.body,
      {
        columns: [
          { head: 'id', cell: ({ id }) => short(id) },
          { head: 'owner', cell: ({ owner }) => owner, least: 12 },
          { head: 'name', cell: ({ name }) => name, least: 6 },
          { head: 'ends in', cell: ({ last_four: lastFour }) => lastFour },
          { head: 'scopes', cell: ({ scopes }) => scopes.join(' '), least: 6 },
          { head: 'until', cell: untilText },
        ],
        empty: 'No token yet. Make one: tinyfat token create --owner you@example.com',
      },
      options.json,
    );
    return 0;
  },
);

function untilText({
  expires_at: end,
  revoked_at: revoked,
}: {
  expires_at: string | null;
  revoked_at: string | null;
}) {
  if (revoked !== null) return 'revoked';
  return end === null ? 'never' : time(end);
}

/** Ends a token. */
export const revokeToken = overApi<[string]>(async (api, { words: [id] }) => {
  const gone = await api.call(tokenRoutes.revokeToken, { params: { id } });
  if (!gone.ok) return refused(gone);
  console.log('The token is worth nothing any more.');
  return 0;
});
