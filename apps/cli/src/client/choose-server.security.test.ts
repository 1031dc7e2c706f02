import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../command.ts';
import { chooseServer, takeServerOptions } from './choose-server.ts';

const HERE = { server: null, token: null };
const A = 'https://a.example.com';
const B = 'https://b.example.com';
const TOKEN = `tf_${'a'.repeat(43)}`;
const OTHER = `tf_${'b'.repeat(43)}`;

describe('the options of every command', () => {
  it('are taken out wherever they stand, and the rest is left as it was', () => {
    const words = ['--server', A, 'mails', '--json', `--token-file=x y`, 'scout', '--limit', '5'];
    expect(takeServerOptions(words)).toEqual({
      words: ['mails', '--json', 'scout', '--limit', '5'],
      options: { server: A, 'token-file': 'x y' },
    });
    expect(takeServerOptions(['key', '--', '--token', 'x']).words).toEqual(['key', '--', '--token', 'x']);
    expect(takeServerOptions(['x', '--servers', '--token-files=1']).words).toHaveLength(3);
  });

  it.each([[['--server']], [['--token=']], [['--token-file', '']], [['--server', A, '--server', B]]])(
    'are refused as %j',
    (words) => {
      expect(() => takeServerOptions(words)).toThrow(UsageError);
    },
  );
});

describe('the server and its token', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-token-'));
    writeFileSync(join(folder, 'token'), `${OTHER}\n`);
    writeFileSync(join(folder, 'wrong'), 'hunter2 hunter2');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('come from the environment, and are replaced by options', async () => {
    expect(await chooseServer({}, HERE)).toEqual(HERE);
    expect(await chooseServer({}, { server: A, token: TOKEN })).toEqual({ server: A, token: TOKEN });
    expect(await chooseServer({ server: `${B}/` }, { server: null, token: TOKEN })).toEqual({
      server: B,
      token: TOKEN,
    });
    expect(await chooseServer({ server: A }, { server: A, token: TOKEN })).toMatchObject({ token: TOKEN });
    const file = join(folder, 'token');
    const both = { server: A, token: TOKEN };
    expect(await chooseServer({ 'token-file': file }, both)).toEqual({ server: A, token: OTHER });
    expect(await chooseServer({ token: OTHER }, both)).toEqual({ server: A, token: OTHER });
  });

  it('belong together: the token of one in the environment goes to no other', async () => {
    const environment = { server: A, token: TOKEN };
    await expect(chooseServer({ server: B }, environment)).rejects.toThrow('TINYFAT_TOKEN is for');
    expect(await chooseServer({ server: B, token: OTHER }, environment)).toEqual({ server: B, token: OTHER });
  });

  it('a token without a server is refused', async () => {
    await expect(chooseServer({ token: TOKEN }, HERE)).rejects.toThrow('--server URL');
  });

  it('what is no token is refused and not repeated', async () => {
    for (const options of [
      { server: A, token: 'hunter2' },
      { server: A, token: `${TOKEN}\r\nx-hunter2: 1` },
      { server: A, 'token-file': join(folder, 'wrong') },
      { server: A, 'token-file': join(folder, 'hunter2-missing') },
      { server: A, 'token-file': folder },
      { server: 'http://hunter2.example' },
      { server: A, token: TOKEN, 'token-file': join(folder, 'token') },
    ]) {
      const error = await chooseServer(options, HERE).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).not.toContain('hunter2');
      expect(String(error)).not.toContain(TOKEN);
    }
  });
});
