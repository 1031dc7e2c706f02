/** What the build of the pages is for a server: a function that answers a request. */
import type { Logger } from '@tinyfat/core';
import { createApp } from 'astro/app/entrypoint';
import type { RequestContext } from '../contract.ts';

// A page that breaks in the middle becomes an error page only while nothing of it was sent.
const app = createApp({ streaming: false });

/** The answer to a request; null where the pages have no route for it. */
export async function render(request: Request, locals: RequestContext): Promise<Response | null> {
  const routeData = app.match(request);
  return routeData ? await app.render(request, { addCookieHeader: true, locals, routeData }) : null;
}

/** What Astro has to say goes to the log, a line of its own for each sentence, and not to the console. */
export function logTo(logger: Logger): void {
  app.logger.setDestination({
    write({ level, label, message }) {
      if (level === 'silent') return;
      logger[level]('astro', { label, message: message.slice(0, 2000) });
    },
  });
}
