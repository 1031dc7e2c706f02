import { endpoint } from '../endpoint.ts';
import { isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/me.ts';

export const meEndpoints = [
  endpoint(routes.getMe, async ({ principal, deps }) => ({
    ok: true,
    body: {
      owner: principal.owner,
      is_admin: principal.isAdmin,
      scopes: [...principal.scopes],
      via: principal.kind,
      token:
        principal.kind === 'token'
          ? { id: principal.tokenId, expires_at: isoTimeOrNull(principal.expiresAt) }
          : null,
      mail_domain: deps.mailDomain,
      may_create_agents: principal.isAdmin || (await deps.mayCreateAgents(principal)),
    },
  })),
];
