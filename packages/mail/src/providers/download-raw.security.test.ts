/** The address of a stored message is somebody else's text: it leads nowhere but to the hosts that were named. */
import { createServer, type RequestListener } from 'node:http';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type DownloadOptions, downloadRaw } from './download-raw.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const step of cleanUp.splice(0)) await step();
});

const options: DownloadOptions = {
  maxBytes: 1000,
  keepBytes: 10,
  timeoutMs: 5000,
  hosts: ['resend.com', 'cdn.example'],
  plainOnLoopback: false,
  fetch: (...args) => fetch(...args),
};
const onLoopback = { ...options, plainOnLoopback: true };

async function serve(listener: RequestListener): Promise<string> {
  const { url, close } = await listenOnLoopback(createServer(listener));
  cleanUp.push(close);
  return url;
}

/** Notes what is asked for in place of the network. */
function watchFetch(answer: () => Response = () => new Response('Subject: x\r\n\r\n')): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    return answer();
  });
  return asked;
}

describe('the address of a stored message', () => {
  it.each([
    'http://resend.com/raw',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://2130706433/',
    'https://resend.com:8443/raw',
    'https://resend.com.evil.example/raw',
    'https://evilresend.com/raw',
    'https://resend.com@evil.example/raw',
    'https://user:password@resend.com/raw',
    'https://evil.example/resend.com',
    'https://evil.example\\@resend.com/raw',
    'file:///etc/passwd',
    'data:message/rfc822,Subject:%20x',
    'ftp://resend.com/raw',
    '//resend.com/raw',
    '',
  ])('%j is not asked', async (address) => {
    const asked = watchFetch();
    expect(await downloadRaw(address, options)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });

  it.each(['https://resend.com/raw', 'https://INBOUND-CDN.resend.com/a?b', 'https://x.cdn.example:443/raw'])(
    '%j is',
    async (address) => {
      const asked = watchFetch();
      expect(await downloadRaw(address, options)).toMatchObject({ ok: true });
      expect(asked).toHaveLength(1);
    },
  );

  it.each([
    'http://127.0.0.1:9/',
    'https://[::1]/',
    'https://169.254.169.254/',
    'http://resend.com/raw',
    'https://evil.example/',
  ])('leads on to %j, which is not asked', async (next) => {
    const asked = watchFetch(() => new Response(null, { status: 302, headers: { location: next } }));
    expect(await downloadRaw('https://resend.com/raw', options)).toMatchObject({ ok: false });
    expect(asked).toEqual(['https://resend.com/raw']);
  });

  it('leads on for ever, and is left', async () => {
    const asked = watchFetch(() => new Response(null, { status: 302, headers: { location: '/raw' } }));
    expect(await downloadRaw('https://resend.com/raw', options)).toMatchObject({ ok: false });
    expect(asked.length).toBeLessThan(6);
  });

  it('of this machine is asked only where the provider itself is on it', async () => {
    const url = await serve((_request, response) => void response.end('Subject: x\r\n\r\n'));
    expect(await downloadRaw(`${url}/raw`, options)).toMatchObject({ ok: false });
    expect(await downloadRaw(`${url}/raw`, onLoopback)).toMatchObject({ ok: true });
    expect(await downloadRaw('http://10.0.0.1/raw', onLoopback)).toMatchObject({ ok: false });
  });

  it('is in no reason: the host alone is', async () => {
    const asked = watchFetch();
    const { ok, ...said } = await downloadRaw('https://store.example/raw?signature=s3cret', options);
    expect(ok).toBe(false);
    expect(JSON.stringify(said)).toContain('store.example');
    expect(JSON.stringify(said)).not.toContain('s3cret');
    expect(asked).toEqual([]);
    const broken = await downloadRaw('http://127.0.0.1:1/raw?signature=s3cret', onLoopback);
    expect(JSON.stringify(broken)).not.toContain('s3cret');
  });
});

describe('a stored message', () => {
  it('beyond the limit is not read on: its beginning and its size are given', async () => {
    let sent = 0;
    const url = await serve((_request, response) => {
      response.on('close', () => response.destroy());
      const more = () => {
        while (!response.destroyed && sent < 200_000_000) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536, 'x'))) return void response.once('drain', more);
        }
      };
      more();
    });
    const got = await downloadRaw(`${url}/raw`, onLoopback);
    expect(got).toMatchObject({ ok: true, raw: new Uint8Array(Buffer.alloc(10, 'x')) });
    expect(got.ok && got.oversizeBytes).toBeGreaterThan(1000);
    expect(sent).toBeLessThan(100_000_000);
  });

  it('that says a size beyond the limit is recorded with it', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 5000 }).end(Buffer.alloc(5000, 'x'));
    });
    expect(await downloadRaw(`${url}/raw`, onLoopback)).toMatchObject({ ok: true, oversizeBytes: 5000 });
  });

  it.each<[string, RequestListener]>([
    ['is empty', (_request, response) => void response.end()],
    ['is refused', (_request, response) => void response.writeHead(403).end('expired')],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 500 });
        response.write('half', () => response.destroy());
      },
    ],
  ])('that %s is no message', async (_what, listener) => {
    expect(await downloadRaw(`${await serve(listener)}/raw`, onLoopback)).toMatchObject({ ok: false });
  });

  it('that does not come in time is left', async () => {
    const url = await serve(() => {});
    const got = await downloadRaw(`${url}/raw`, { ...onLoopback, timeoutMs: 50 });
    expect(got).toMatchObject({ ok: false, reason: expect.stringContaining('in time') });
  });
});
