/**
 * Fetches a stored message from the address that the provider gave for it. The address lies at another server, which
 * must not see our key. Invariant: only hosts that were named are asked, on the usual port, over TLS, except where the
 * provider itself is a stand-in on this machine; so an answer of the provider can't make us ask a neighbour of ours.
 */
import { byteList, isLoopbackHostname } from '@tinyfat/core';

/** Times in ms, sizes in bytes. */
export interface DownloadOptions {
  maxBytes: number;
  /** Of a larger message so much is given. */
  keepBytes: number;
  timeoutMs: number;
  /** Names of hosts; what lies below a name counts as it. */
  hosts: readonly string[];
  /** The provider is on a loopback address, and so is where its messages lie. */
  plainOnLoopback: boolean;
  fetch: typeof fetch;
}

/** `oversizeBytes`: as of `ArchivedMail`. */
type DownloadedRaw = { ok: true; raw: Uint8Array; oversizeBytes?: number } | { ok: false; reason: string };

/** Redirects that are followed, each held to the same rules. */
const MAX_REDIRECTS = 3;

/** Downloads one message. Never rejects; no reason holds the address, which is as good as a password. */
export async function downloadRaw(address: string, options: DownloadOptions): Promise<DownloadedRaw> {
  const { fetch: get } = options;
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    let url = address;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const wrong = addressProblem(url, options);
      if (wrong !== null) return refused(wrong);
      const response = await get(url, { signal, redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        url = new URL(location, url).href;
        continue;
      }
      if (response.status === 200) return await bodyOf(response, options);
      await response.body?.cancel();
      return refused(`the server that keeps it answered ${response.status}`);
    }
    return refused('its address leads to another, again and again');
  } catch (error) {
    if (signal.aborted) return refused('it did not come in time');
    const name = error instanceof Error ? error.message : 'unknown error';
    return refused(`the connection broke (${name.replaceAll(/https?:\S+/g, '[address]')})`);
  }
}

/** Whether a base URL is one of this machine. */
export function isLoopbackUrl(text: string): boolean {
  return URL.canParse(text) && isLoopbackHostname(new URL(text).hostname);
}

/** What is wrong with an address; null for one that may be asked. Of the address itself only the host is told. */
function addressProblem(url: string, { hosts, plainOnLoopback }: DownloadOptions): string | null {
  if (!URL.canParse(url)) return 'its address is no URL';
  const { protocol, hostname, port, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'its address holds a password';
  if (plainOnLoopback && isLoopbackUrl(url) && /^https?:$/.test(protocol)) return null;
  if (protocol !== 'https:' || port !== '') return 'its address is no https URL on the usual port';
  // The parser has brought the name into lower case.
  const named = hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return named ? null : `it lies at ${hostname.slice(0, 253)}, which RESEND_DOWNLOAD_HOSTS does not name`;
}

async function bodyOf(response: Response, { maxBytes, keepBytes }: DownloadOptions): Promise<DownloadedRaw> {
  const bytes = byteList();
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes.add(chunk);
    // Leaving the loop cancels the rest.
    if (bytes.length > maxBytes) break;
  }
  const { length } = bytes;
  if (length > maxBytes) {
    return { ok: true, raw: bytes.join(keepBytes), oversizeBytes: declared > length ? declared : length };
  }
  const isPlain = response.headers.get('content-encoding') === null;
  if (isPlain && declared > length) return refused(`only ${length} of its ${declared} bytes came`);
  if (length === 0) return refused('it is empty');
  return { ok: true, raw: bytes.join() };
}

function refused(reason: string): DownloadedRaw {
  return { ok: false, reason: `The stored message could not be fetched: ${reason}.` };
}
