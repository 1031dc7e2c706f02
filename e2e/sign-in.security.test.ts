/** Attacks on signing in, over HTTP, at a server behind a proxy that sends its mail through a relay. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, header } from './support/mail.ts';
import {
  type FormAnswer,
  postForm,
  readSignInMail,
  type SignInLetter,
  signIn as signInAt,
} from './support/sign-in.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const ADMIN = 'root@example.com';
/** For a mail that shows that no other was sent. */
const SECOND = 'second@example.com';
const ORIGIN = 'https://agents.example';

describe('signing in, attacked', () => {
  let server: Tinyfat;
  let sink: SmtpSink;
  /** Each test is a client of its own, so that none uses up what another is allowed. */
  let client = 0;
  beforeAll(async () => {
    sink = await startSmtpSink();
    server = await startTinyfat({
      agents: { scout: [] },
      environment: {
        PUBLIC_URL: ORIGIN,
        TRUSTED_PROXIES: '127.0.0.0/8',
        ADMIN_EMAILS: `${ADMIN},${SECOND}`,
        SMTP_URL: sink.url,
        LOG_LEVEL: 'debug',
      },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await sink?.close();
  });

  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(server, path, fields, { origin: ORIGIN, 'x-forwarded-for': `198.51.100.${client}`, ...headers });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${server.host}:8025${path}`, { redirect: 'manual', headers });
  const ask = async (address: string): Promise<SignInLetter & { asked: FormAnswer }> => {
    client++;
    const before = sink.mails.length;
    const asked = await post('/sign-in', { address });
    // A mail that an earlier test asked for may still be on its way; its link is over by now.
    for (let at = before; ; at++) {
      await sink.received(at + 1);
      const mail = sink.mails[at];
      if (!mail) throw new Error('there is no mail');
      const letter = readSignInMail(mail);
      const isOpen = (await get(`/sign-in/confirm?token=${letter.token}`)).status === 200;
      if (isOpen && letter.to === address) return { ...letter, asked };
    }
  };
  const signIn = async (address: string): Promise<string> => {
    const { token } = await ask(address);
    return (await post('/sign-in/confirm', { token })).cookie;
  };

  it('sends a mail that nobody answers by machine, and links only to PUBLIC_URL', async () => {
    const { link, token } = await ask(OWNER);
    expect(link).toBe(`${ORIGIN}/sign-in/confirm?token=${token}`);
    const mail = sink.mails.at(-1);
    expect(mail?.envelope).toEqual({ from: 'noreply@tinyfat.localhost', to: [OWNER] });
    expect(mail && header(mail, 'auto-submitted')).toBe('auto-generated');
    expect(await answerTo(server, { to: 'noreply@tinyfat.localhost', text: 'Hello?' })).toMatchObject({
      code: 550,
    });
  });

  it('takes no form that is too large, and says so to a browser on a page', async () => {
    const large = { address: `${'a'.repeat(5000)}@example.com` };
    const shown = await post('/sign-in', large);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([413, 'text/html']);
    expect(shown.text).toContain('Nothing was changed.');
    const asProgram = await post('/sign-in', large, { accept: 'application/json' });
    expect(JSON.parse(asProgram.text)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('seals pages and cookies', async () => {
    const { asked, token } = await ask(OWNER);
    expect(asked.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-tinyfat_sign_in=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    const confirmed = await post('/sign-in/confirm', { token });
    expect(confirmed.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-tinyfat_session=\S+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
      expect.stringMatching(/^__Host-tinyfat_sign_in=; Max-Age=0; /),
    ]);
    for (const path of ['/', '/sign-in', '/sign-in/code', `/sign-in/confirm?token=${token}`, '/403']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    }
  });

  it.each([
    ['no Origin', { origin: '' }],
    ['the Origin of another site', { origin: 'https://evil.example' }],
    ['the Origin of a sandboxed frame', { origin: 'null' }],
    ['the Host as Origin', { origin: 'http://127.0.0.1:8025' }],
    ['our Origin, and a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }],
  ])('takes no form with %s', async (_, headers) => {
    const [{ token }, cookie] = await Promise.all([ask(OWNER), signIn(ADMIN)]);
    const sent = sink.mails.length;
    for (const [path, fields] of [
      ['/sign-in', { address: OWNER }],
      ['/sign-in/code', { code: '123456' }],
      ['/sign-in/confirm', { token }],
      ['/sign-out', {}],
      ['/settings/browsers', { action: 'others' }],
    ] as const) {
      const refused = await post(path, fields, { cookie, ...headers });
      expect(refused.status).toBe(403);
      expect(refused.text).toContain('Wrong sender');
      expect(refused.headers.getSetCookie()).toEqual([]);
    }
    expect(await (await get('/', { cookie })).text()).toContain('All agents');
    expect((await post('/sign-in/confirm', { token })).status).toBe(303);
    expect(sink.mails).toHaveLength(sent);
  });

  it('takes no form without an Origin at a path that may be read in two ways, either', async () => {
    const sent = sink.mails.length;
    for (const path of [
      '/api/../sign-in',
      '/api/%2e%2e/sign-in',
      '/webhooks/..%2fsign-in',
      '/webhooks%2f..%2fsign-in',
      '/metrics\\..\\sign-in',
      '//sign-in',
      '/sign-in/',
      '/sign-in?/api/v1',
      'http://evil.example/sign-in',
    ]) {
      client++;
      const status = await new Promise<number>((resolve, reject) => {
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          'x-forwarded-for': `198.51.100.${client}`,
        };
        const asked = request({ host: server.host, port: 8025, path, method: 'POST', headers }, (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
        });
        asked.once('error', reject);
        asked.end(`address=${encodeURIComponent(OWNER)}`);
      });
      expect([path, status]).toEqual([path, expect.toBeOneOf([403, 404])]);
    }
    await ask(SECOND);
    expect(sink.mails).toHaveLength(sent + 1);
  });

  it('takes small forms of the one kind that its pages send', async () => {
    const send = (body: string, type: string) =>
      fetch(`http://${server.host}:8025/sign-in`, {
        method: 'POST',
        headers: { origin: ORIGIN, 'content-type': type },
        body,
      });
    expect((await send(`{"address":"${OWNER}"}`, 'application/json')).status).toBe(415);
    expect((await send(`address=${OWNER}`, 'text/plain')).status).toBe(415);
    expect((await send(`address=${'x'.repeat(100_000)}`, 'application/x-www-form-urlencoded')).status).toBe(
      413,
    );
  });

  it('mails nobody for an address with a header in it', async () => {
    const sent = sink.mails.length;
    for (const address of [
      `${OWNER}\r\nBcc: eve@evil.example`,
      `${OWNER}\nSubject: x`,
      `${OWNER},eve@evil.example`,
      `<${OWNER}>`,
      `Owner <${OWNER}>`,
    ]) {
      client++;
      expect((await post('/sign-in', { address })).status).toBe(400);
    }
    await ask(OWNER);
    expect(sink.mails).toHaveLength(sent + 1);
  });

  it('writes what was typed into its page as text', async () => {
    client++;
    const { text } = await post('/sign-in', { address: '"><script>alert(1)</script>' });
    expect(text).not.toContain('"><script>');
    expect(text).toMatch(/value="&(#34|quot);><script>/);
  });

  it('limits a client by the address that the proxy saw, whatever the client wrote before it', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 21; at++) {
      const headers = { 'x-forwarded-for': `203.0.113.${at}, 192.0.2.66` };
      statuses.push((await post('/sign-in', { address: `p${at}@example.net` }, headers)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 303), 429]);
    const refused = await post('/sign-in', { address: OWNER }, { 'x-forwarded-for': '192.0.2.66' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
    expect(refused.text).toMatch(/Try again in \d+ minutes/);
    expect((await post('/sign-in', { address: OWNER }, { 'x-forwarded-for': '192.0.2.67' })).status).toBe(
      303,
    );
  });

  it('limits mails to one address, from wherever they are asked for', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 16; at++) {
      const headers = { 'x-forwarded-for': `192.0.2.${100 + at}` };
      statuses.push((await post('/sign-in', { address: 'flooded@example.com' }, headers)).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });

  it('lets the session be used on the API, for changes only from our own pages', async () => {
    const cookie = await signIn(OWNER);
    const api = `http://${server.host}:8025/api/v1`;
    expect(await (await fetch(`${api}/agents`, { headers: { cookie } })).json()).toMatchObject({
      data: [{ name: 'scout' }],
    });
    const allow = (headers: Record<string, string>) =>
      fetch(`${api}/agents/scout/allowed-senders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ entry: 'eve@evil.example' }),
      });
    expect((await allow({ cookie })).status).toBe(403);
    expect((await allow({ cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await allow({ cookie, origin: ORIGIN })).status).toBeLessThan(300);
    const made = await fetch(`${api}/agents`, {
      method: 'POST',
      headers: { cookie, origin: ORIGIN, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'mine' }),
    });
    expect(made.status).toBe(403);
    expect(await made.json()).toMatchObject({ code: 'not_permitted' });
    const forged = cookie.replace(/=(.)/, (_, first) => (first === 'x' ? '=y' : '=x'));
    expect((await fetch(`${api}/agents`, { headers: { cookie: forged } })).status).toBe(401);
  });

  it('keeps sessions and limits over kill -9, and ends sessions from the command line', async () => {
    const cookie = await signIn(OWNER);
    let asked = 0;
    const fromOne = async () => {
      asked++;
      const headers = { 'x-forwarded-for': '192.0.2.68' };
      return (await post('/sign-in', { address: `q${asked}@example.net` }, headers)).status;
    };
    while ((await fromOne()) !== 429);
    expect(asked).toBe(21);
    await server.restart();
    expect(await fromOne()).toBe(429);
    expect(await (await get('/', { cookie })).text()).toContain('Your agents');
    const accounts = await server.json(['account', 'list']);
    expect(accounts.find((one: { address: string }) => one.address === OWNER)).toMatchObject({
      admin: false,
    });
    const out = await server.cli(['account', 'sign-out', OWNER.toUpperCase()]);
    expect(out).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Signed out: [1-9]\d* session/) });
    expect(await (await get('/', { cookie })).text()).toContain('Mail me a link');
    expect((await server.cli(['account', 'sign-out', 'nobody@example.com'])).code).toBe(1);
    expect((await server.cli(['account', 'sign-out'])).code).toBe(2);
  });

  it('lengthens a session that is used, when a page is looked at', async () => {
    const cookie = await signIn(ADMIN);
    expect((await get('/', { cookie })).headers.getSetCookie()).toEqual([]);
    const database = new DatabaseSync(join(server.dataDir, 'tinyfat.sqlite'), { timeout: 10_000 });
    const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString();
    database.prepare('update account_sessions set expires_at = ?').run(inTenDays);
    database.close();
    expect((await get('/', { cookie })).headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-tinyfat_session=\S+; Max-Age=2592000; /),
    ]);
    expect((await get('/', { cookie })).headers.getSetCookie()).toEqual([]);
  });

  it('leaves link, code and cookies in no file and no log', async () => {
    const { token, link, code, asked } = await ask(OWNER);
    const confirmed = await post('/sign-in/confirm', { token });
    await get('/', { cookie: confirmed.cookie });
    const cookies = [asked.cookie, confirmed.cookie].map((one) => one.slice(one.indexOf('=') + 1));
    const secrets = [token, link, ...cookies, ...cookies.map(decodeURIComponent)];
    const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((name) => name.endsWith('sqlite-wal'))).toBe(true);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(40);
      expect(server.output()).not.toContain(secret);
      expect(files.filter((name) => readFileSync(name).includes(secret))).toEqual([]);
    }
    const said = server
      .output()
      .split('\n')
      .filter((line) => line.includes('sign_in'));
    expect(said.length).toBeGreaterThan(1);
    expect(said.join('\n')).not.toContain(`"${code}"`);
    expect(said.join('\n')).not.toContain(OWNER);
    expect(statSync(join(server.dataDir, 'sign-in-key')).mode & 0o777).toBe(0o600);
  });
});

describe('without a trusted proxy', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ agents: { scout: [] } });
  });
  afterAll(() => server?.dispose());

  it('a client can not forge where it comes from', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 21; at++) {
      const headers = { 'x-forwarded-for': `203.0.113.${at}` };
      statuses.push((await postForm(server, '/sign-in', { address: `p${at}@example.net` }, headers)).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });

  it('the terminal shows the link while mail goes nowhere, and the log never does', async () => {
    await server.restart();
    const mails = (await server.answers(0)).length;
    // Another address of this machine is another client; the first one has used up its hour.
    await new Promise<void>((resolve, reject) => {
      const sent = request(
        {
          host: server.host,
          port: 8025,
          path: '/sign-in',
          method: 'POST',
          localAddress: '127.0.0.77',
          headers: {
            origin: `http://${server.host}:8025`,
            'content-type': 'application/x-www-form-urlencoded',
          },
        },
        (answer) => {
          answer.resume();
          answer.once('end', resolve);
        },
      );
      sent.once('error', reject);
      sent.end(`address=${encodeURIComponent(OWNER)}`);
    });
    const mail = (await server.answers(mails + 1)).at(-1);
    if (!mail) throw new Error('there is no mail');
    const { link, code } = readSignInMail(mail);
    await expect.poll(() => server.output()).toContain(`Sign in      ${OWNER}: ${link} (code ${code})`);
    const logged = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(logged.join('\n')).toContain('sign_in_mail');
    expect(logged.join('\n')).not.toContain('token=');
  });

  it('with open sign-up a stranger signs in, makes an agent over the API, and sees no other', async () => {
    await server.restart({ SIGNUP: 'open', TRUSTED_PROXIES: '127.0.0.0/8' });
    const client = { 'x-forwarded-for': '198.51.100.1' };
    const cookie = await signInAt(server, 'stranger@example.net', client);
    const origin = `http://${server.host}:8025`;
    const made = await fetch(`${origin}/api/v1/agents`, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'mine' }),
    });
    expect(made.status).toBe(201);
    const page = await (await fetch(origin, { headers: { cookie } })).text();
    expect(page).toContain('mine@tinyfat.localhost');
    expect(page).not.toContain('scout');
  });
});
