import {
  askForOwnerNotice,
  newestOwnerNotice,
  noteAttempt,
  type OwnerNotice,
  sendingStop,
} from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/mail-out.ts';

const TESTS = { most: 5, windowMs: 3_600_000 };

export const mailOutEndpoints = [
  endpoint(routes.getMailOut, async ({ deps, principal }) => {
    const { provider, host, problem } = deps.mailOut;
    const newest =
      principal.owner === null ? undefined : await newestOwnerNotice(deps.db, principal.owner, 'test');
    return {
      ok: true,
      body: {
        provider,
        host,
        mail_domain: deps.mailDomain,
        problem: principal.isAdmin ? problem() : null,
        stopped: (await sendingStop(deps.db)) !== null,
        last_test: newest === undefined ? null : shown(newest),
      },
    };
  }),

  endpoint(routes.sendTestToSelf, async ({ deps, principal }) => {
    const { owner } = principal;
    if (owner === null) {
      return refuse('not_permitted', 'A program on the machine itself has no address to send a test to.');
    }
    const now = deps.clock();
    const until = await noteAttempt(deps.db, [{ kind: 'test_mail', subject: owner, ...TESTS }], now);
    if (until !== null) {
      const waitS = Math.max(1, Math.ceil((until - now) / 1000));
      return refuse(
        'too_many_requests',
        `${TESTS.most} test mails an hour are enough. The next one goes in ${Math.ceil(waitS / 60)} minutes.`,
        { 'retry-after': String(waitS) },
      );
    }
    const id = deps.makeId();
    await askForOwnerNotice(
      deps.db,
      { id, owner, kind: 'test', about: id, content: JSON.stringify({ kind: 'test' }) },
      now,
    );
    const asked = await newestOwnerNotice(deps.db, owner, 'test');
    return asked ? { ok: true, body: shown(asked) } : refuse('server_fault');
  }),
];

function shown({ owner, created_at, state, reason }: OwnerNotice) {
  return { to: owner, asked_at: isoTime(created_at), state, reason };
}
