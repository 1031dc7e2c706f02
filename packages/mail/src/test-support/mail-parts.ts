/** What of a mail is the same in its bytes and in the parts that a provider's API takes; for the contract suite. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import PostalMime from 'postal-mime';

/** The parts that a provider received, in the form in which they are compared. */
export function shownParts(parts: {
  from: string;
  to: string[];
  subject: string;
  text: string | undefined;
}): Uint8Array {
  return Buffer.from(JSON.stringify([parts.from, parts.to, parts.subject, parts.text]));
}

/** The same of a raw message without names and attachments. */
export async function partsOf(raw: Uint8Array): Promise<Uint8Array> {
  const { from, to = [], cc = [], subject = '', text } = await PostalMime.parse(raw);
  const addresses = [...to, ...cc].map(({ address }) => address ?? '');
  return shownParts({ from: from?.address ?? '', to: addresses, subject, text });
}

/** A loopback port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
