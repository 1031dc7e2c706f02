import * as v from 'valibot';
import { json } from '../answer.ts';
import { named, time } from '../fields.ts';
import { SCOPES } from '../principal.ts';
import { route } from '../route.ts';

export const me = named(
  'Me',
  v.strictObject({
    /** Null for the operator, who stands for nobody. */
    owner: v.nullable(v.string()),
    is_admin: v.boolean(),
    scopes: v.array(v.picklist(SCOPES)),
    via: v.picklist(['operator', 'session', 'token']),
    token: v.nullable(v.strictObject({ id: v.string(), expires_at: v.nullable(time) })),
    mail_domain: v.string(),
    /** Whether agents may be made: by admins, and by others where the operators let them. */
    may_create_agents: v.boolean(),
  }),
);

export const getMe = route('GET', '/me', 'Who makes the request', { scope: null, answer: json(me) });
