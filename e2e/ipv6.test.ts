/** Everything on IPv6 addresses: how they may be written, and how they are printed. */
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(!hasIpv6)('on ::1 (skipped where this machine has no IPv6 loopback)', () => {
  let server: Tinyfat;
  let http = 0;
  let smtp = 0;
  beforeAll(async () => {
    [http, smtp] = [await freePort(), await freePort()];
    server = await startTinyfat({
      environment: {
        HOST: '[::1]',
        PORT: String(http),
        PUBLIC_URL: `http://[::1]:${http}`,
        SMTP_HOST: '[::1]',
        SMTP_PORT: String(smtp),
      },
      agents: { scout: [] },
    });
  });
  afterAll(() => server?.dispose());

  it('prints addresses with ports in brackets, and they work', async () => {
    expect(server.output()).toContain(`SMTP on [::1]:${smtp} (this machine only)`);
    expect(server.output()).toContain(`Sign in      http://[::1]:${http} (owners see`);
    const [url = ''] = /http:\/\/\S+\/health\/ready/.exec(server.output()) ?? [];
    expect(url).toBe(`http://[::1]:${http}/health/ready`);
    expect((await fetch(url)).status).toBe(200);
  });

  it('takes mail there by tinyfat send, and answers', async () => {
    const words = ['send', '--to', 'scout@tinyfat.localhost', '--from', 'owner@example.com'];
    const sent = await server.cli([...words, '--subject', 'Hi', '--wait'], 'Hello.\n');
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(sent.stdout).not.toBe('');
  });
});
