import { monthOf, usdOf } from '@tinyfat/core';
import { failedWebhookEvents, listOwners, webhookStanding } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { pageFrom } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/server.ts';

const PROVIDERS = ['resend', 'postmark'] as const;
const MOST_COUNTED = 100;

export const serverEndpoints = [
  endpoint(routes.listOwners, async ({ deps, principal, query }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    const month = monthOf(deps.clock());
    return await pageFrom(
      query,
      ({ after, limit }) => listOwners(deps.db, { after: after?.id ?? null, limit, month }),
      ({ owner }) => ({ at: 0, id: owner }),
      ({ owner, agents, spentMicroUsd }) => ({
        owner,
        agents,
        spent_this_month_usd: usdOf(spentMicroUsd),
        is_admin: deps.adminEmails.includes(owner),
      }),
    );
  }),

  endpoint(routes.getHealth, async ({ deps, principal, query }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    return { ok: true, body: await deps.health(query.online === 'true') };
  }),

  endpoint(routes.getWebhooks, async ({ deps, principal }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    const providers = [];
    for (const provider of PROVIDERS) {
      const { lastAt, waiting, failed } = await webhookStanding(deps.db, provider, MOST_COUNTED);
      const configured = deps.takesWebhooks[provider];
      providers.push({ provider, configured, last_event_at: isoTimeOrNull(lastAt), waiting, failed });
    }
    return { ok: true, body: { providers } };
  }),

  endpoint(routes.listWebhookFailures, async ({ deps, principal, query }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    return await pageFrom(
      query,
      (page) => failedWebhookEvents(deps.db, page),
      ({ seq, id }) => ({ at: seq, id }),
      (event) => ({
        id: event.id,
        provider: event.provider,
        kind: event.kind,
        attempts: event.attempts,
        reason_code: event.reason_code,
        reason: event.reason,
        created_at: isoTime(event.created_at),
        finished_at: isoTimeOrNull(event.finished_at),
      }),
    );
  }),
];
