/** The Worker of mail with one that calls it, as they are deployed, in workerd; its DNS over HTTPS is a stub's. */
import { join } from 'node:path';
import type { ClientConnection } from '@tinyfat/core';
import { bundleWorker, COMPATIBILITY } from '@tinyfat/testing/bundle-worker';
import { type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { dohAnswer } from '@tinyfat/testing/stand-ins/doh-front';
import { convertV4MiniflareOptions, Miniflare, Response as WorkerResponse } from 'miniflare';

const folder = join(import.meta.dirname, '..');
const DNS_URL = 'https://dns.test/dns-query';

export interface MailSystem {
  /** Of the DNS, to ask it in another way as well. */
  dns: { address: string; asked: string[] };
  /** A call of `MailWorkers` by the Worker that has the mail; bytes in the answer stand as their number and sum. */
  call(name: string, raw: Uint8Array, given?: object): Promise<unknown>;
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender?: string): Promise<unknown>;
  /** What the Worker answers to a request. */
  fetch(path: string): Promise<number>;
  /** Addresses outside that were asked, but for the DNS. */
  outside: string[];
  close(): Promise<void>;
}

/** `records` may be changed as long as it runs. */
export async function startMailSystem(
  records: Record<string, DnsStubRecords>,
  vars: Record<string, string> = {},
): Promise<MailSystem> {
  const [mail, caller] = await Promise.all([
    bundleWorker(join(folder, 'worker.ts')),
    bundleWorker(join(folder, 'test-support/caller.ts')),
  ]);
  const dns = await startDnsStub(records);
  const outside: string[] = [];
  const script = (contents: string) => ({
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents }],
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        { name: 'caller', ...script(caller), ...COMPATIBILITY, serviceBindings: { MAIL: 'tinyfat-mail' } },
        {
          name: 'tinyfat-mail',
          ...script(mail),
          ...COMPATIBILITY,
          bindings: { MAIL_DOMAIN: 'agents.test', DNS_OVER_HTTPS: DNS_URL, ...vars },
          async outboundService(request) {
            if (request.url !== DNS_URL) outside.push(request.url);
            const answer = await dohAnswer(dns.address, await request.bytes());
            return new WorkerResponse(await answer.bytes(), {
              headers: { 'content-type': 'application/dns-message' },
            });
          },
        },
      ],
    }),
  );
  await miniflare.ready;

  async function call(name: string, raw: Uint8Array, given: object = {}): Promise<unknown> {
    const url = `http://caller.test/${name}?given=${encodeURIComponent(JSON.stringify(given))}`;
    const response = await miniflare.dispatchFetch(url, { method: 'POST', body: raw });
    return await response.json();
  }

  return {
    dns,
    call,
    inspect: (raw, client, envelopeSender = 'ann@example.com') =>
      call('inspect', raw, { client, envelopeSender }),
    async fetch(path) {
      const worker = await miniflare.getWorker('tinyfat-mail');
      const response = await worker.fetch(`http://mail.test${path}`);
      await response.text();
      return response.status;
    },
    outside,
    async close() {
      await miniflare.dispose();
      await dns.close();
    },
  };
}
