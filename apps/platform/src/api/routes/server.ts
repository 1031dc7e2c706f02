import * as v from 'valibot';
import { json } from '../answer.ts';
import { named, page, paging, time } from '../fields.ts';
import { route } from '../route.ts';

export const ownerLine = named(
  'Owner',
  v.strictObject({
    owner: v.string(),
    agents: v.number(),
    /** Of all their agents, deleted ones too. */
    spent_this_month_usd: v.number(),
    is_admin: v.boolean(),
  }),
);

export const finding = named(
  'Finding',
  v.strictObject({
    check: v.string(),
    state: v.picklist(['ok', 'note', 'broken']),
    found: v.string(),
    /** What mends it; null where nothing is to be done. */
    mend: v.nullable(v.string()),
  }),
);

export const webhookProvider = named(
  'WebhookProvider',
  v.strictObject({
    provider: v.picklist(['resend', 'postmark']),
    /** Whether the server takes them at all. */
    configured: v.boolean(),
    last_event_at: v.nullable(time),
    /** This and the next are counted up to 100. */
    waiting: v.number(),
    failed: v.number(),
  }),
);

export const webhookFailure = named(
  'WebhookFailure',
  v.strictObject({
    id: v.string(),
    provider: v.picklist(['resend', 'postmark']),
    /** `received`: a mail that came; `delivery`: news of one that was sent. */
    kind: v.picklist(['received', 'delivery']),
    attempts: v.number(),
    reason_code: v.nullable(v.string()),
    reason: v.nullable(v.string()),
    created_at: time,
    finished_at: v.nullable(time),
  }),
);

export const listOwners = route('GET', '/owners', 'Everybody who owns agents, by address', {
  description: 'Only for admins.',
  scope: 'read',
  query: v.strictObject(paging),
  answer: json(page(ownerLine)),
  errors: ['not_permitted'],
});

export const getHealth = route('GET', '/server/health', 'What the server finds when it looks at itself', {
  description:
    'Readiness, and the checks of tinyfat doctor. With `online` also those that ask name servers, the relay or provider and the model, which takes seconds; `online` in the answer says whether they were asked. Only for admins.',
  scope: 'read',
  query: v.strictObject({ online: v.optional(v.picklist(['true', 'false'], 'true or false'), 'false') }),
  answer: json(
    v.strictObject({
      ready: v.boolean(),
      findings: v.array(finding),
      online: v.boolean(),
      /** Where more is seen than here: a sentence. */
      see_also: v.string(),
    }),
  ),
  errors: ['not_permitted'],
});

export const getWebhooks = route('GET', '/server/webhooks', 'How the webhooks of providers do', {
  description: 'Only for admins.',
  scope: 'read',
  answer: json(v.strictObject({ providers: v.array(webhookProvider) })),
  errors: ['not_permitted'],
});

export const listWebhookFailures = route(
  'GET',
  '/server/webhooks/failures',
  'Events of webhooks that failed for good',
  {
    description: 'Newest first. Only for admins.',
    scope: 'read',
    query: v.strictObject(paging),
    answer: json(page(webhookFailure)),
    errors: ['not_permitted'],
  },
);
