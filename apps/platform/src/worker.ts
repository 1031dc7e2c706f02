/** The platform as a Worker: pages, API and webhooks over HTTP, mail by Email Routing, and the sweep of sign-in mails. */
import { parseModels } from '@tinyfat/settings';
import { logTo, render } from '../../../dist/platform/server/entry.mjs';
import models from '../../../dist/step-mom/models.json' with { type: 'json' };
import { answerRequest } from './cloudflare/answer-request.ts';
import type { InvocationContext, PlatformBindings } from './cloudflare/bindings.ts';
import { openInvocation } from './cloudflare/invocation.ts';
import { openIsolate } from './cloudflare/isolate.ts';
import { type RoutedEmail, takeEmail } from './cloudflare/take-email.ts';

const isolate = openIsolate();
const deps = { isolate, models: parseModels(models), render, logTo };

export default {
  fetch: (request: Request, env: PlatformBindings, ctx: InvocationContext): Promise<Response> =>
    answerRequest(deps, request, env, ctx),

  async email(message: RoutedEmail, env: PlatformBindings, ctx: InvocationContext): Promise<void> {
    const invocation = openInvocation(env, ctx);
    const reservation = isolate.budget.open();
    try {
      await takeEmail(invocation.intake, message, reservation);
    } finally {
      reservation.release();
      ctx.waitUntil(invocation.end());
    }
  },

  async scheduled(_event: unknown, env: PlatformBindings, ctx: InvocationContext): Promise<void> {
    const invocation = openInvocation(env, ctx);
    try {
      // One that fails keeps the other not from its turn.
      const ended = await Promise.allSettled([
        invocation.sendSignInMails(),
        invocation.sendApprovalNotices(),
      ]);
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
    } finally {
      await invocation.end();
    }
  },
};
