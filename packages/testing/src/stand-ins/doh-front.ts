/** A service of DNS over HTTPS (RFC 8484) in front of a DNS server on UDP, such as the stub: the same bytes both ways. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Longer than any server that answers. */
const SILENT_MS = 20_000;

/** The HTTP answer to the DNS message in a request's body; a server that says nothing is waited for until `signal`. */
export async function dohAnswer(
  server: string,
  query: Uint8Array,
  signal: AbortSignal = AbortSignal.timeout(SILENT_MS),
): Promise<Response> {
  const [host = '', port] = server.split(':');
  const socket = createSocket('udp4');
  try {
    socket.send(query, Number(port), host);
    const [message]: [Buffer] = (await once(socket, 'message', { signal })) as [Buffer];
    return new Response(new Uint8Array(message), {
      headers: { 'content-type': 'application/dns-message' },
    });
  } finally {
    socket.close();
  }
}
