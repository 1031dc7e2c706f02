/** What `tinyfat send` makes of its words, and where it finds the server. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readConfig } from '@tinyfat/server/config';
import { makeRunFolder, writeAddress } from '@tinyfat/server/files/run-folders';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

const ipv6 = createServer().listen(0, '::1');
const hasIpv6 = await Promise.race([
  once(ipv6, 'listening').then(() => true),
  once(ipv6, 'error').then(() => false),
]);
ipv6.close();

describe('tinyfat send', () => {
  let dataDir: string;
  let out: string[];
  let err: string[];
  let server: SMTPServer;
  let taken: { from: string; to: string[]; raw: string }[];
  let refusal: string | null;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tinyfat-send-'));
    taken = [];
    refusal = null;
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
    server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onData(stream, { envelope }, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          taken.push({
            from,
            to: envelope.rcptTo.map(({ address }) => address),
            raw: String(Buffer.concat(chunks)),
          });
          done(refusal === null ? null : Object.assign(new Error(refusal), { responseCode: 550 }));
        });
      },
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await new Promise<void>((resolve) => server.close(resolve));
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Listens on `listens`, and says in its run folder that it does on `written`. */
  async function listen(listens: string, written = listens) {
    server.listen(0, listens);
    const { server: socket } = server;
    await once(socket, 'listening');
    const { port } = socket.address() as AddressInfo;
    const own = makeRunFolder(join(dataDir, 'run'), 'smtp');
    onTestFinished(own.release);
    writeAddress(own, { pid: process.pid, role: 'smtp', smtp: { host: written, port }, http: null });
  }
  async function run(to: string, from: string) {
    out = [];
    err = [];
    const input = Readable.from(['Hello']) as unknown as typeof process.stdin;
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(input);
    const settings = () => readConfig({ DATA_DIR: dataDir, MAIL_DOMAIN: 'agents.example.org' });
    const words = ['send', '--to', to, '--from', from, '--subject', 'Hi'];
    return { code: await runWords(words, settings), out: out.join('\n'), err: err.join('\n') };
  }

  it.each([
    ['scout', 'scout@agents.example.org'],
    [' Scout ', 'scout@agents.example.org'],
    ['scout+k5xtoken', 'scout+k5xtoken@agents.example.org'],
    ['other@Example.net', 'other@example.net'],
  ])('takes %j for the agent %s', async (to, address) => {
    await listen('127.0.0.1');
    expect(await run(to, 'Ann Able <Ann@Example.com>')).toMatchObject({ code: 0, err: '' });
    expect(taken).toMatchObject([{ from: 'ann@example.com', to: [address] }]);
    expect(taken[0]?.raw).toMatch(/^From: Ann Able <ann@example.com>\r$/m);
  });

  it.each([
    ['scout', 'ann', '--from: "ann" has no domain; write a whole address such as you@example.org'],
    ['scout', 'ann@', '--from is not an address that can be used.'],
    ['scout', 'ann@example.com, bob@example.com', '--from'],
    ['scout', 'Ann\r\nBcc: eve@example.com <ann@example.com>', '--from has a display name with control'],
    ['sc out', 'ann@example.com', '--to: '],
    ['', 'ann@example.com', '--to: '],
    ['a@b.org, c@d.org', 'ann@example.com', '--to: '],
    ['scout\r\nRCPT TO:<x@example.com>', 'ann@example.com', '--to: '],
  ])('says what to write for --to %j --from %j', async (to, from, text) => {
    await listen('127.0.0.1');
    const refused = await run(to, from);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(text) });
    expect(taken).toEqual([]);
  });

  it('says where it was refused and how to be let in', async () => {
    await listen('127.0.0.1');
    refusal = '5.7.1 You are not allowed to write to this address: ask its owner to add you';
    const refused = await run('scout', 'ann@example.com');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('550 5.7.1 You are not allowed');
    expect(refused.err).toContain('Let them in: tinyfat allow add scout ann@example.com');
  });

  it('says that no server listens', async () => {
    expect(await run('scout', 'ann@example.com')).toMatchObject({
      code: 1,
      err: expect.stringContaining('start one: tinyfat start'),
    });
  });

  it.each(['127.0.0.1', '0.0.0.0'])('reaches a server on %s', async (written) => {
    await listen('127.0.0.1', written);
    expect((await run('scout', 'ann@example.com')).code).toBe(0);
  });

  it.skipIf(!hasIpv6).each(['::1', '::'])(
    'reaches a server on %s (skipped without IPv6)',
    async (written) => {
      await listen('::1', written);
      expect(await run('scout', 'ann@example.com')).toMatchObject({ code: 0, err: '' });
    },
  );
});
