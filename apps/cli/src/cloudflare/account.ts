/** The account that an installation is made in, and the name that it is reached under. */
import * as v from 'valibot';
import type { CloudflareApi } from './api.ts';
import { failed, type Outcome } from './outcome.ts';
import { RIGHTS, refused } from './rights.ts';

const accounts = v.array(v.object({ id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), name: v.string() }));
/** The names that lead to Workers. */
export const domains = v.array(v.object({ id: v.string(), hostname: v.string(), service: v.string() }));

/** The account of the settings, or the only one that the token reaches. */
export async function findAccount(
  api: CloudflareApi,
  wanted: string | null,
): Promise<Outcome<{ id: string; name: string }>> {
  const found = await api.all('/accounts', accounts);
  if (!found.ok) {
    // 400: the token is none.
    if (![400, 401, 403].includes(found.status)) return refused(found, 'account');
    return failed(
      found.message,
      'Make a token as docs/cloudflare.md says, and set CLOUDFLARE_API_TOKEN to it.',
    );
  }
  const [first, ...others] = found.result;
  if (wanted === null && others.length > 0) {
    const names = found.result.map(({ id, name }) => `${id} (${name})`).join(', ');
    return failed(
      `The token reaches several accounts: ${names}.`,
      'Set CLOUDFLARE_ACCOUNT_ID to one of them.',
    );
  }
  const account = wanted === null ? first : found.result.find(({ id }) => id === wanted);
  if (account) return { ok: true, ...account };
  return failed(
    wanted === null ? 'The token reaches no account.' : `The token does not reach the account ${wanted}.`,
    `Make a token for the account, with the right "${RIGHTS.account}" among those of docs/cloudflare.md.`,
  );
}

/** The name below which Workers without one of their own are reached; made by Cloudflare with the account. */
export async function workersSubdomain(
  api: CloudflareApi,
  account: string,
): Promise<Outcome<{ subdomain: string }>> {
  const path = `/accounts/${account}/workers/subdomain`;
  const found = await api.call('GET', path, v.object({ subdomain: v.string() }));
  if (found.ok) return { ok: true, subdomain: found.result.subdomain };
  if (found.status !== 404) return refused(found, 'workers');
  return failed(
    found.message,
    'Open Workers & Pages once in the dashboard of Cloudflare, which makes it; or set PUBLIC_URL to a name of your own. Then run the same command again.',
  );
}

/** Whether the name leads to this Worker, or to none yet; refused where it leads to another. */
export async function lookUpHostname(
  api: CloudflareApi,
  account: string,
  { hostname, worker }: { hostname: string; worker: string },
): Promise<Outcome<{ isAttached: boolean }>> {
  const path = `/accounts/${account}/workers/domains?hostname=${hostname}`;
  const found = await api.call('GET', path, domains);
  if (!found.ok) return refused(found, 'workers');
  const [domain] = found.result.filter((one) => one.hostname === hostname);
  if (domain === undefined || domain.service === worker)
    return { ok: true, isAttached: domain !== undefined };
  return failed(
    `${hostname} leads to the Worker ${domain.service} already.`,
    'Set PUBLIC_URL to another name, or take it from that Worker in the dashboard of Cloudflare; then run the same command again.',
  );
}

/**
 * Leads the name to the Worker, unless it leads to another or has DNS rows of its own: those are left as they are.
 * wrangler would write over both without asking.
 */
export async function attachHostname(
  api: CloudflareApi,
  account: string,
  at: { hostname: string; worker: string },
): Promise<Outcome<{ made: boolean }>> {
  const before = await lookUpHostname(api, account, at);
  if (!before.ok) return before;
  if (before.isAttached) return { ok: true, made: false };
  const { hostname, worker } = at;
  const body = { hostname, service: worker };
  const made = await api.call(
    'PUT',
    `/accounts/${account}/workers/domains`,
    v.object({ id: v.string() }),
    body,
  );
  if (made.ok) return { ok: true, made: true };
  const { reason, fix } = refused(made, 'workers');
  if (made.status < 400 || made.status >= 500 || made.status === 429) return failed(reason, fix);
  return failed(
    reason,
    `${hostname} must be in an active zone of the account and have no DNS rows yet: remove them in the dashboard, or set PUBLIC_URL to another name. The token needs "Zone · Workers Routes · Edit" and "Zone · DNS · Edit" of the zone. Then run the same command again.`,
  );
}
