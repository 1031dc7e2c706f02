import * as v from 'valibot';
import { json } from '../answer.ts';
import { named, time } from '../fields.ts';
import { route } from '../route.ts';

export const sending = named(
  'Sending',
  v.strictObject({
    stopped: v.boolean(),
    /** Null while mail goes out. */
    since: v.nullable(time),
    /** The admin who stopped it; null for a program on the machine itself, and for those who are no admins. */
    stopped_by: v.nullable(v.string()),
  }),
);

export const getSending = route('GET', '/sending', 'Whether mail goes out', {
  scope: 'read',
  answer: json(sending),
});

export const stopSending = route('POST', '/sending/stop', 'Stop all sending', {
  description:
    'From then on no process hands a mail of an agent, a notice or an alert to the provider; a hand-over under way ends. Mails wait, and go out after it is lifted. Mails to sign in go out all the same. Only for admins.',
  scope: 'write',
  answer: json(sending),
  errors: ['not_permitted'],
});

export const resumeSending = route('POST', '/sending/resume', 'Let mail go out again', {
  description: 'What waits goes out in its order. Only for admins.',
  scope: 'write',
  answer: json(sending),
  errors: ['not_permitted'],
});
