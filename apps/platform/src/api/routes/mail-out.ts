import * as v from 'valibot';
import { json } from '../answer.ts';
import { named, time } from '../fields.ts';
import { route } from '../route.ts';

export const testMail = named(
  'TestMail',
  v.strictObject({
    to: v.string(),
    asked_at: time,
    state: v.picklist(['pending', 'sending', 'sent', 'failed', 'dropped']),
    /** What the provider said to the last try; null where there is nothing to say. */
    reason: v.nullable(v.string()),
  }),
);

export const mailOut = named(
  'MailOut',
  v.strictObject({
    /** `maildir`: mail lies in a folder of the machine, and nothing leaves it. */
    provider: v.picklist(['resend', 'postmark', 'smtp', 'maildir']),
    /** Host of the API or the relay; null for a Maildir. */
    host: v.nullable(v.string()),
    mail_domain: v.string(),
    /** What keeps mail from going out, for admins; null where nothing is known. */
    problem: v.nullable(v.string()),
    stopped: v.boolean(),
    /** The newest test mail to the one who asks. */
    last_test: v.nullable(testMail),
  }),
);

export const getMailOut = route('GET', '/mail-out', 'How mail goes out', {
  scope: 'read',
  answer: json(mailOut),
});

export const sendTestToSelf = route('POST', '/mail-out/test', 'Send a test mail to oneself', {
  description: 'To the address of the one who asks, and nobody else; five an hour.',
  scope: 'write',
  answer: json(testMail, 202),
  errors: ['not_permitted'],
});
