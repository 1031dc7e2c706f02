/**
 * The host's side of the interception: what a container sends to port 80 or 443 of any address, as requests of the Fetch
 * standard. TLS ends here, with certificates of an authority that is the container's own.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { makeCertificate, type TestCertificate } from '../../certificates.ts';

/** Answers what was caught; `url` of the request is where it was meant to go. */
export type OnRequest = (request: Request) => Promise<Response>;

export interface WayOut {
  folder: string;
  authority: string;
  close(): void;
}

/** Listens in a folder that is made for it. */
export async function openWayOut(folder: string, onRequest: OnRequest): Promise<WayOut> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = 'authority of a container';
  const authority = makeCertificate({ names: [name], authority: true });
  const made = new Map<string, TestCertificate>();
  const certificateFor = (host: string) => {
    const found = made.get(host) ?? makeCertificate({ names: [host], issuer: { ...authority, name } });
    made.set(host, found);
    return found;
  };
  const serve = (scheme: string) => (asked: IncomingMessage, response: ServerResponse) =>
    void answer(scheme, asked, response, onRequest).catch(() => response.destroy());
  const plain = createServer(serve('http'));
  const tls = createTlsServer(
    {
      ...certificateFor('nobody'),
      SNICallback: (host, done) => done(null, createSecureContext(certificateFor(host))),
    },
    serve('https'),
  );
  const servers = [plain, tls];
  await Promise.all(
    servers.map(
      (server, at) =>
        new Promise<void>((resolve) => server.listen(join(folder, at === 0 ? '80' : '443'), resolve)),
    ),
  );
  return {
    folder,
    authority: authority.cert,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answer(
  scheme: string,
  asked: IncomingMessage,
  response: ServerResponse,
  onRequest: OnRequest,
): Promise<void> {
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  const headers = new Headers();
  for (let at = 0; at + 1 < asked.rawHeaders.length; at += 2) {
    headers.append(asked.rawHeaders[at] ?? '', asked.rawHeaders[at + 1] ?? '');
  }
  const hasBody = asked.method !== 'GET' && asked.method !== 'HEAD';
  const url = `${scheme}://${asked.headers.host ?? ''}${asked.url}`;
  const answered = await onRequest(
    new Request(url, {
      method: asked.method ?? 'GET',
      headers,
      signal: hungUp.signal,
      redirect: 'manual',
      ...(hasBody ? { body: Readable.toWeb(asked) as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
    }),
  );
  response.writeHead(answered.status, [...answered.headers].flat());
  response.flushHeaders();
  if (answered.body === null) return void response.end();
  for await (const chunk of answered.body) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
    if (response.destroyed) return;
  }
  response.end();
}
