/** The command line of another machine: everything over the API of the server that it names, with a token. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from './support/api.ts';
import { answerTo } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { runCli, runInRunner, startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const BOB = 'bob@example.com';
const TO = 'scout@tinyfat.localhost';
const KEY = 'sk-ant-api03-SECRETSECRET-wxyz';

describe('the command line over --server', () => {
  let server: Tinyfat;
  let folder: string;
  let url: string;
  const tokens: Record<'owner' | 'reader' | 'stranger', string> = { owner: '', reader: '', stranger: '' };
  let second: { id: string };
  let turn: { id: string };
  let delivery: { id: string };
  let printed = '';
  beforeAll(async () => {
    server = await startTinyfat({ environment: { SENDER_MAILS_PER_HOUR: '1' }, agents: { scout: [BOB] } });
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-remote-'));
    url = `http://${server.host}:8025`;
    tokens.owner = (await apiClient(server, OWNER, 'read', 'write', 'keys', 'tokens')).token;
    tokens.reader = (await apiClient(server, OWNER, 'read')).token;
    tokens.stranger = (await apiClient(server, 'stranger@example.net', 'read', 'write', 'keys')).token;
    for (const subject of ['first', 'second']) {
      const raw = `From: ${BOB}\r\nTo: ${TO}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x.example>\r\n\r\nHello.\r\n`;
      expect(await answerTo(server, { envelope: { from: BOB, to: TO }, raw })).toEqual({
        code: 250,
        text: '',
      });
    }
    // The answer, and two notices of the limit.
    await server.answers(3);
    delivery = await newestDelivery(server, 'sent');
    [second] = await server.json(['mails']);
    [turn] = await server.json(['runs']);
  });
  afterAll(async () => {
    await server?.dispose();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** On a machine without a data folder, which none of these commands makes. */
  const environment = () => ({ PATH: process.env.PATH ?? '', DATA_DIR: join(folder, 'data') });
  async function run(words: string[], more: Record<string, string> = {}, stdin = '', runIt = runInRunner) {
    const result = await runIt(words, { ...environment(), ...more }, stdin);
    printed += result.stdout + result.stderr;
    expect(existsSync(join(folder, 'data'))).toBe(false);
    return result;
  }
  const as = (who: keyof typeof tokens) => ({ TINYFAT_SERVER: url, TINYFAT_TOKEN: tokens[who] });
  const remote = (words: string) => run(words.split(' '), as('owner'));
  const json = async (words: string) => JSON.parse((await remote(`${words} --json`)).stdout);

  it.each([
    'agent list --json',
    'allow list scout --json',
    'mails scout --json',
    'mails show MAIL --json',
    'mails show MAIL',
    'mails raw MAIL',
    'runs --limit 1 --json',
    'run show RUN --json',
    'run show RUN',
    'outbox list scout --json',
    'outbox suppressed --json',
    'budget show scout --json',
  ])('shows what it shows on the machine itself: %s', async (line) => {
    const words = line.replace('MAIL', second.id).replace('RUN', turn.id);
    const shown = await remote(words);
    expect(shown).toEqual(await server.cli(words.split(' ')));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
  });

  it('shows an agent, but not where its folder lies', async () => {
    const { folder: there, ...shown } = await server.json(['agent', 'show', 'scout']);
    expect(there).toContain(server.dataDir);
    expect(await json('agent show scout')).toEqual(shown);
  });

  it('changes who may write', async () => {
    expect((await remote('allow add scout New@Example.net')).stdout).toContain('new@example.net may write');
    expect(await server.json(['allow', 'list', 'scout'])).toContainEqual({ entry: 'new@example.net' });
    expect((await remote('allow remove scout new@example.net')).code).toBe(0);
    expect(await remote('allow remove scout new@example.net')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not on the list'),
    });
    expect((await remote('address create scout --note fax')).stdout).toMatch(/^scout\+\w+@/);
    expect(await json('address list scout')).toMatchObject([{ note: 'fax' }]);
  });

  it('sets what an agent may reach and how it is called, but gives it to nobody else', async () => {
    const set = await remote('agent set scout --egress api.example.com --display-name Scout');
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('api.example.com') });
    expect(await json('agent show scout')).toMatchObject({
      display_name: 'Scout',
      egress: 'api.example.com',
    });
    expect(await remote('agent set scout --owner stranger@example.net')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Only admins'),
    });
    expect(await remote('agent set scout --egress everything')).toMatchObject({ code: 2 });
    expect((await remote('agent set scout --egress public')).code).toBe(0);
  });

  it('adds a skill of this machine with its programs, lists and removes it', async () => {
    const tea = join(folder, 'tea');
    mkdirSync(tea);
    writeFileSync(join(tea, 'SKILL.md'), '---\ndescription: Makes tea.\n---\n');
    writeFileSync(join(tea, 'brew.sh'), new Uint8Array(3_000_000), { mode: 0o755 });
    expect(await remote(`skill add scout ${tea}`)).toMatchObject({ code: 0, stderr: '' });
    expect(await json('skill list scout')).toEqual([{ name: 'tea', files: 2, bytes: 3_000_032 }]);
    const { folder: there } = await server.json(['agent', 'show', 'scout']);
    expect(statSync(join(there, 'skills/tea/brew.sh')).mode & 0o777).toBe(0o755);
    expect(await run(['skill', 'add', 'scout', tea], as('reader'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The scope write is needed.'),
    });
    expect(await run(['skill', 'add', 'scout', tea], as('stranger'))).toMatchObject({ code: 1 });
    expect((await remote('skill remove scout tea')).code).toBe(0);
    expect(await json('skill list scout')).toEqual([]);
  });

  it('gives a mail its turn', async () => {
    const [mail] = await json('mails scout');
    expect(mail).toMatchObject({ subject: 'second', state: 'over_limit' });
    expect((await remote(`mails release ${mail.id}`)).stdout).toContain(BOB);
    expect((await server.answers(4)).at(-1)?.inReplyTo).toBe('<second@x.example>');
    expect(await remote(`mails release ${mail.id}`)).toMatchObject({ code: 1 });
    const [sent] = await json('outbox list');
    expect(await remote(`outbox approve ${sent.id}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('It does not await approval'),
    });
  });

  it('sets a budget, and a key from standard input, for the owner of the token', async () => {
    expect((await remote('budget set scout 5')).stdout).toContain('$5.00 a month');
    expect((await remote(`budget set --owner ${OWNER} 9`)).code).toBe(0);
    expect(await json('budget show')).toMatchObject([
      { scope: 'owner', monthly_usd: 9 },
      { scope: 'agent', name: 'scout', monthly_usd: 5 },
    ]);
    const keySet = await run(['key', 'set'], as('owner'), `${KEY}\n`, runCli);
    expect(keySet.stdout).toContain(`agents of ${OWNER}`);
    expect(await server.json(['key', 'list'])).toMatchObject([{ owner: OWNER, last_four: 'wxyz' }]);
    expect((await remote('key remove')).code).toBe(0);
    expect(await remote('budget set --owner boss@example.com 5')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Only admins may name another owner.'),
    });
  });

  it('makes a token that can no more than the one in use, and revokes it', async () => {
    const made = await remote('token create --scope read --name phone');
    const token = made.stdout.trim();
    expect(token).toMatch(/^tf_/);
    expect((await run(['agent', 'list'], { TINYFAT_SERVER: url, TINYFAT_TOKEN: token })).code).toBe(0);
    const { id } = (await json('token list')).find((one: { name: string }) => one.name === 'phone');
    expect((await remote(`token revoke ${id}`)).code).toBe(0);
    expect((await run(['agent', 'list'], { TINYFAT_SERVER: url, TINYFAT_TOKEN: token })).code).toBe(1);
    expect((await remote('token create --scope admin')).code).toBe(1);
  });

  it('takes server and token as options, the token best from a file', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${tokens.owner}\n`, { mode: 0o600 });
    const words = ['--server', `${url}/`, 'agent', 'list', '--json'];
    for (const token of [`--token-file=${file}`, `--token=${tokens.owner}`]) {
      const listed = await run([...words, token]);
      expect(JSON.parse(listed.stdout)).toMatchObject([{ address: TO }]);
    }
  });

  it('shows nothing of another owner, with the words for what is not there', async () => {
    const stranger = (words: string) => run(words.split(' '), as('stranger'));
    for (const words of ['agent list', 'mails', 'runs', 'outbox list', 'outbox suppressed', 'key list']) {
      expect(JSON.parse((await stranger(`${words} --json`)).stdout)).toEqual([]);
    }
    for (const [words, text] of [
      ['agent show scout', 'There is no agent of that name.'],
      ['agent delete scout --yes', 'There is no agent of that name.'],
      ['agent set scout --egress none', 'There is no agent of that name.'],
      ['skill list scout', 'There is no agent of that name.'],
      ['skill remove scout tea', 'There is no agent of that name.'],
      ['allow list scout', 'There is no agent of that name.'],
      ['allow remove scout owner@example.com', 'There is no agent of that name.'],
      ['mails scout', 'There is no agent of that name.'],
      ['mails discard --all scout', 'There is no agent of that name.'],
      ['budget set scout 1', 'There is no agent of that name.'],
      [`mails show ${second.id}`, 'there is no mail'],
      [`mails raw ${second.id}`, 'there is no mail'],
      [`mails release ${second.id}`, 'there is no mail'],
      [`run show ${turn.id}`, 'there is no run'],
      [`outbox retry ${delivery.id}`, 'there is no delivery'],
    ]) {
      const refused = await stranger(words ?? '');
      expect([words, refused.code, refused.stdout]).toEqual([words, 1, '']);
      expect(refused.stderr).toContain(text);
    }
  });

  it('says what is wrong with the token', async () => {
    const wrong = await run(['agent', 'list'], { ...as('owner'), TINYFAT_TOKEN: `tf_${'x'.repeat(43)}` });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('tinyfat token create') });
    const reader = await run(['allow', 'add', 'scout', 'x@example.com'], as('reader'));
    expect(reader).toMatchObject({ code: 1, stderr: expect.stringContaining('The scope write is needed.') });
    const none = await run(['agent', 'list'], { TINYFAT_SERVER: url });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('set TINYFAT_TOKEN') });
    const noToken = await run(['agent', 'list'], { ...as('owner'), TINYFAT_TOKEN: 'hunter2' });
    expect(noToken).toMatchObject({ code: 2, stderr: expect.stringContaining('TINYFAT_TOKEN is no token') });
    expect(noToken.stderr).not.toContain('hunter2');
  });

  it('sends the token nowhere else', async () => {
    const foreign = await run(['agent', 'list', '--server', 'http://agents.example.com'], as('owner'));
    expect(foreign).toMatchObject({ code: 2, stderr: expect.stringContaining('must begin with https://') });
    const came: string[] = [];
    const other = createServer((request, response) => {
      came.push(`${request.url} ${request.headers.authorization}`);
      response.writeHead(307, { location: `${url}/api/v1/agents` }).end();
    });
    await new Promise<void>((resolve) => other.listen(8026, server.host, resolve));
    try {
      const there = `http://${server.host}:8026`;
      const redirected = await run(['agent', 'list', '--server', there, '--token', tokens.owner]);
      expect(redirected).toMatchObject({ code: 1, stderr: expect.stringContaining(`HTTP 307 to ${url}`) });
      expect(came).toHaveLength(1);
      const mixed = await run(['agent', 'list', '--server', there], as('owner'));
      expect(mixed).toMatchObject({ code: 2, stderr: expect.stringContaining('TINYFAT_TOKEN is for') });
      expect(came).toHaveLength(1);
    } finally {
      other.close();
    }
    const down = await run([
      'agent',
      'list',
      '--server',
      `http://${server.host}:8026`,
      '--token',
      tokens.owner,
    ]);
    expect(down).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
    const smtp = await run([
      'agent',
      'list',
      '--server',
      `http://${server.host}:2525`,
      '--token',
      tokens.owner,
    ]);
    expect(smtp.code).toBe(1);
    expect(smtp.stderr).toMatch(/The server gave no answer|is no tinyfat server/);
  });

  it.each([
    'start',
    'demo',
    'doctor',
    'webhooks',
    'account list',
    'key rotate',
    'send --to a@b.c --from a@b.c --subject x',
  ])('refuses %s, which is for the machine itself', async (words) => {
    // In a process of its own: it would be a server if it were not refused.
    const runIt = ['start', 'demo'].includes(words) ? runCli : runInRunner;
    const refused = await run(words.split(' '), as('owner'), '', runIt);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('Run it where the server runs');
  });

  it('prints no token but one that it makes, and no key', () => {
    for (const token of Object.values(tokens)) expect(printed + server.output()).not.toContain(token);
    expect(printed + server.output()).not.toContain('SECRET');
  });
});
