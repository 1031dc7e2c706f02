/** A Worker that has mail, in tests: it calls the Worker of mail as the platform does, and answers over HTTP. */
import type { MailBinding } from '@tinyfat/mail/isolate';
import { mailService } from '@tinyfat/mail/service';

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
        case '/read':
          return await workers.read(raw);
        case '/readReport':
          return await workers.readReport(raw);
        case '/compose':
          return await workers.compose(given.mail);
        case '/checkOutbox':
          return await workers.checkOutbox(raw);
        case '/recordOutbox':
          return await workers.recordOutbox({ mark: { kind: 'mail' }, raw }, given.result, {});
        default:
          throw new Error(`No call ${pathname}.`);
      }
    }
  },
};

/** Bytes as their number and a sum, so that they can be compared as JSON. */
function shown(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? sumOf(part) : part)) ?? 'null',
  );
}

/** The number of bytes and their Adler-32 (RFC 1950 section 8). */
export function sumOf(bytes: Uint8Array): { bytes: number; sum: string } {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return { bytes: bytes.length, sum: (b * 65_536 + a).toString(16) };
}
