/** A Worker that has mail, in tests: it calls the Worker of mail as the platform does, and answers over HTTP. */
import { fromSender } from '@tinyfat/core';
import type { MailBinding } from '@tinyfat/mail/isolate';
import { mailService } from '@tinyfat/mail/service';
import { shown } from './shown.ts';

/** The call is in the address, the message is the body. */
export default {
  async fetch(request: Request, { MAIL }: { MAIL: MailBinding }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const given = JSON.parse(searchParams.get('given') ?? 'null');
    const workers = mailService(MAIL, given?.limits);
    const raw = new Uint8Array(await request.arrayBuffer());
    try {
      return Response.json(shown(await call()));
    } catch (error) {
      return Response.json({ rejected: String(error) }, { status: 503 });
    }

    async function call(): Promise<unknown> {
      switch (pathname) {
        case '/inspect':
          return await workers.inspect(raw, given.client, given.envelopeSender);
        // The author, and what URL parsers say of his domain, as they are in this runtime.
        case '/author': {
          const found = await workers.inspect(raw, given.client, given.envelopeSender);
          if (!found.ok) return found;
          const { from } = found.summary;
          const domain = from.ok ? from.address.replace(/.*@/, '') : '';
          const hostname = URL.parse(`http://${domain}/`)?.hostname ?? null;
          return { author: fromSender(found.summary).ok, evidence: found.evidence, hostname };
        }
        case '/read':
          return await workers.read(raw);
        case '/readReport':
          return await workers.readReport(raw);
        case '/compose':
          return await workers.compose(given.mail);
        case '/readComposed':
          return await workers.readComposed(raw);
        case '/checkOutbox':
          return await workers.checkOutbox(raw);
        case '/recordOutbox':
          return await workers.recordOutbox({ mark: { kind: 'mail' }, raw }, given.result, {});
        case '/view':
          return await workers.view(raw);
        case '/viewHtml':
          return await workers.viewHtml(raw);
        case '/viewPart':
          return await workers.viewPart(raw, given.number);
        default:
          throw new Error(`No call ${pathname}.`);
      }
    }
  },
};
