/** What the pages of the settings ask, and what their forms do, over the API itself. */
import { UNCOUNTED } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ADMIN, ANN, type ApiFixture, addBrowser, BOB, openApi } from '../../api/test-support/api.ts';
import { browsersPage, signOutFrom } from './browsers.ts';
import { deviceWords } from './device-words.ts';
import { changeKey, keysPage } from './keys.ts';
import { changeMail, mailPage, wayText } from './mail.ts';
import { setPreferences, zoneNames, zoneText } from './preferences.ts';
import { removeNow, retentionPage } from './retention.ts';
import { healthPage, ownersPage, stoppedSending, switchSending, webhooksPage } from './server.ts';
import { settingsTabs } from './settings-tabs.ts';
import { makeToken, newTokenFields, revoke, tokensPage } from './tokens.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
});
afterEach(() => api.dispose());

function askAs(address: string, session?: string): Ask {
  return createAsk(api.deps)({
    viewer: { address, isAdmin: address === ADMIN, ...(session === undefined ? {} : { session }) },
    request: new Request('http://localhost:8025/settings'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
}
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

it('the tabs have the server for admins only', () => {
  expect(settingsTabs(false, 'keys').map(({ label }) => label)).not.toContain('Server');
  expect(settingsTabs(true, 'server').filter(({ current }) => current)).toEqual([
    { href: '/settings/server', label: 'Server', current: true },
  ]);
});

describe('preferences', () => {
  it('become cookies, without Secure where there is no TLS', () => {
    expect(setPreferences(form({ theme: 'dark', zone: 'Europe/Berlin' }), true)).toEqual({
      ok: true,
      cookies: [
        'tinyfat_theme=dark; Max-Age=31536000; Path=/; SameSite=Lax; Secure',
        'tinyfat_zone=Europe%2FBerlin; Max-Age=31536000; Path=/; SameSite=Lax; Secure',
      ],
    });
    expect(setPreferences(form({ theme: 'system', zone: '' }), false)).toEqual({
      ok: true,
      cookies: [
        'tinyfat_theme=; Max-Age=0; Path=/; SameSite=Lax',
        'tinyfat_zone=; Max-Age=0; Path=/; SameSite=Lax',
      ],
    });
  });

  it('say the zone in force and where it comes from', () => {
    expect(zoneText({ zone: null, zoneChosen: false })).toContain('UTC: this browser has not said');
    expect(zoneText({ zone: 'Asia/Tokyo', zoneChosen: false })).toContain('Asia/Tokyo: this browser says so');
    expect(zoneText({ zone: 'Asia/Tokyo', zoneChosen: true })).toContain('Asia/Tokyo: you chose it');
  });

  it.each([
    [{ theme: 'pink', zone: '' }, 'theme'],
    [{ theme: 'dark', zone: 'Mars/Olympus' }, 'zone'],
    [{ theme: 'dark', zone: 'UTC\r\nset-cookie: a=b' }, 'zone'],
  ])('are refused as %j', (fields, field) => {
    expect(setPreferences(form(fields), true)).toMatchObject({ ok: false, field });
  });

  it('offer every zone once', () => {
    const names = zoneNames();
    expect(names[0]).toBe('UTC');
    expect(names).toContain('Asia/Tokyo');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('keys', () => {
  it('say who pays, and are stored and removed for the viewer alone, admin or not', async () => {
    const admin = askAs(ADMIN);
    expect(await keysPage(admin, ADMIN)).toMatchObject({
      ok: true,
      rows: [{ name: 'Anthropic', stored: null }],
    });
    const key = 'sk-ant-of-the-admin-1234567890';
    expect(await changeKey(admin, ADMIN, form({ action: 'store', provider: 'anthropic', key }))).toEqual({
      ok: true,
      done: 'stored',
    });
    const page = await keysPage(admin, ADMIN);
    expect(page).toMatchObject({
      paying: { tone: 'good' },
      rows: [{ stored: { owner: ADMIN, last_four: '7890' } }],
    });
    expect(JSON.stringify(page)).not.toContain('sk-ant');
    expect(await keysPage(askAs(ANN), ANN)).toMatchObject({ rows: [{ stored: null }] });
    await api.person(ANN).call('PUT', '/keys/anthropic', { body: { key: 'sk-ant-of-ann-1234567890' } });
    expect(await keysPage(admin, ADMIN)).toMatchObject({ rows: [{ stored: { owner: ADMIN } }] });
    expect(await changeKey(admin, ADMIN, form({ action: 'remove', provider: 'anthropic' }))).toMatchObject({
      ok: true,
    });
    expect(await keysPage(askAs(ANN), ANN)).toMatchObject({ rows: [{ stored: { owner: ANN } }] });
  });

  it.each([
    [{ provider: 'nobody', key: 'x' }, 404],
    [{ provider: 'anthropic', key: '' }, 400],
  ])('are refused as %j', async (fields, status) => {
    expect(await changeKey(askAs(ANN), ANN, form(fields))).toMatchObject({ ok: false, status });
  });
});

describe('tokens', () => {
  it('are made with what was chosen, shown without their text, and revoked by their owner alone', async () => {
    const ask = askAs(ANN);
    const typed = newTokenFields(
      new URLSearchParams('name= laptop &scope=read&scope=keys&scope=evil&days=7'),
    );
    expect(typed).toEqual({ name: 'laptop', scopes: ['read', 'keys'], days: 7 });
    const made = await makeToken(ask, ANN, typed);
    if (!made.ok) throw new Error(made.code);
    const at = { owner: ANN, isAdmin: false, asked: null, now: api.now };
    const page = await tokensPage(ask, at);
    expect(page).toMatchObject({
      rows: [{ name: 'laptop', scopeLabels: 'Read, Keys', live: true, word: { label: 'in force' } }],
    });
    expect(JSON.stringify(page)).not.toContain(made.token);
    if (!page.ok) throw new Error(page.code);
    expect(page.scopes.map(({ scope }) => scope)).not.toContain('admin');
    const id = page.rows[0]?.id ?? '';
    expect(await tokensPage(ask, { ...at, asked: id })).toMatchObject({ asked: { id } });
    expect(await revoke(askAs(BOB), form({ id }))).toMatchObject({ ok: false, status: 404 });
    expect(await revoke(ask, form({ id }))).toEqual({ ok: true });
    expect(await tokensPage(ask, { ...at, asked: id })).toMatchObject({
      asked: null,
      rows: [{ word: { label: 'revoked' }, live: false }],
    });
    expect(await tokensPage(ask, { ...at, now: api.now + 1 })).toMatchObject({ ok: true });
  });

  it('need something that they may do, and do no more than their maker', async () => {
    expect(await makeToken(askAs(ANN), ANN, newTokenFields(form({ name: 'x' })))).toMatchObject({
      status: 400,
    });
    expect(
      await makeToken(askAs(ANN), ANN, newTokenFields(form({ name: 'x', scope: 'admin' }))),
    ).toMatchObject({ ok: false, code: 'scope_missing' });
  });

  it('show that their time is over', async () => {
    await makeToken(askAs(ANN), ANN, newTokenFields(form({ scope: 'read', days: '7' })));
    const now = api.now + 8 * 86_400_000;
    expect(await tokensPage(askAs(ANN), { owner: ANN, isAdmin: false, asked: null, now })).toMatchObject({
      rows: [{ word: { label: 'expired' } }],
    });
  });
});

describe('browsers', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    ['Something on (Macintosh)', 'a browser on Mac'],
    ['Firefox/1', 'Firefox'],
    ['<script>alert(1)</script>', 'an unknown browser'],
    ['', 'an unknown browser'],
  ])('are called by %j', (userAgent, words) => {
    expect(deviceWords(userAgent)).toBe(words);
  });

  it('have the one that asks first, and sign out the others', async () => {
    await addBrowser(api, 'laptop', ANN, { seenAt: api.now - 86_400_000 });
    await addBrowser(api, 'phone', ANN);
    const ask = askAs(ANN, 'laptop');
    expect(await browsersPage(ask)).toMatchObject({
      hasOthers: true,
      rows: [{ id: 'laptop' }, { id: 'phone' }],
    });
    expect(await signOutFrom(askAs(BOB, 'x'), form({ action: 'one', id: 'phone' }))).toMatchObject({
      status: 404,
    });
    expect(await signOutFrom(ask, form({ action: 'others' }))).toEqual({ ok: true, done: 'others' });
    expect(await browsersPage(ask)).toMatchObject({
      hasOthers: false,
      rows: [{ id: 'laptop', current: true }],
    });
  });
});

describe('mail', () => {
  it('names the way out, whatever it is', () => {
    const of = (provider: Parameters<typeof wayText>[0]['provider'], host: string | null) =>
      wayText({ provider, host, mail_domain: 'a.example' });
    expect(of('smtp', 'relay.example:587')).toBe(
      'Mail from a.example goes out through the SMTP relay relay.example:587.',
    );
    expect(of('resend', 'api.resend.com')).toContain('through Resend (api.resend.com)');
    expect(of('maildir', null)).toContain('No mail leaves this machine');
  });

  it('shows a test mail that was asked for, and why it waits', async () => {
    const ask = askAs(ANN);
    expect(await mailPage(ask, ANN, false)).toMatchObject({ test: null, problem: null, chosenAt: null });
    expect(await changeMail(ask, ANN, form({ action: 'test' }))).toEqual({ ok: true, done: 'test' });
    expect(await mailPage(ask, ANN, false)).toMatchObject({
      test: { to: ANN, word: { label: 'on its way' } },
    });
    await switchSending(askAs(ADMIN), form({ action: 'stop' }));
    expect(await mailPage(ask, ANN, false)).toMatchObject({
      test: { word: { label: 'waits: all sending is stopped' } },
    });
    expect(await mailPage(askAs(ADMIN), ADMIN, true)).toMatchObject({
      ...{ problem: 'The relay refuses.', test: null, stopped: true },
      source: expect.stringMatching(/^SMTP_URL and MAIL_DOMAIN/),
    });
    expect(await mailPage(ask, ANN, false)).toMatchObject({ source: 'Whoever runs this server sets it.' });
  });

  it('saves what is ticked, and nothing else', async () => {
    const ask = askAs(ANN);
    expect(await changeMail(ask, ANN, form({ action: 'alerts', digest: 'on' }))).toMatchObject({ ok: true });
    const page = await mailPage(ask, ANN, false);
    if (!page.ok) throw new Error(page.code);
    expect(page.chosenAt).toBe(new Date(api.now).toISOString());
    expect(page.alerts.filter(({ on }) => on).map(({ kind }) => kind)).toEqual(['digest']);
  });
});

describe('retention and the server', () => {
  it('show owners how long what is stored stays, and no more', async () => {
    const page = await retentionPage(askAs(ANN), false);
    expect(page).toMatchObject({ ok: true, preview: false, lastRunAt: null });
    expect(await retentionPage(askAs(ANN), true)).toMatchObject({ code: 'not_permitted' });
    expect(await removeNow(askAs(ANN))).toMatchObject({ code: 'not_permitted' });
    expect(await retentionPage(askAs(ADMIN), true)).toMatchObject({ preview: true, removed: 0 });
  });

  it('are nothing for those who are no admins', async () => {
    const ask = askAs(ANN);
    for (const page of [healthPage(ask, false), ownersPage(ask, undefined), webhooksPage(ask, undefined)]) {
      expect(await page).toMatchObject({ ok: false, code: 'not_permitted' });
    }
    expect(await switchSending(ask, form({ action: 'stop' }))).toMatchObject({ code: 'not_permitted' });
    expect(await stoppedSending(ask)).toBeNull();
  });

  it('show admins what is wrong first, and stop and resume sending', async () => {
    const one = (check: string, state: 'ok' | 'note' | 'broken') => ({ check, state, found: '', mend: null });
    const findings = [one('a', 'ok'), one('b', 'note'), one('c', 'broken')];
    api.deps.health = async (online) => ({ ready: false, findings, online, see_also: 'Elsewhere.' });
    const ask = askAs(ADMIN);
    const page = await healthPage(ask, false);
    expect(page).toMatchObject({ others: 'not asked' });
    expect(await healthPage(ask, true)).toMatchObject({ others: 'asked' });
    api.deps.health = async () => ({ ready: true, findings, online: false, see_also: '' });
    expect(await healthPage(ask, true)).toMatchObject({ others: 'can not' });
    expect(page.ok && page.findings.map(({ check }) => check)).toEqual(['c', 'b', 'a']);
    expect(await switchSending(ask, form({ action: 'stop' }))).toEqual({ ok: true, done: 'stopped' });
    expect(await stoppedSending(ask)).toMatchObject({ stopped_by: ADMIN });
    expect(await switchSending(ask, form({ action: 'resume' }))).toEqual({ ok: true, done: 'resumed' });
    expect(await stoppedSending(ask)).toBeNull();
    expect(await webhooksPage(ask, undefined)).toMatchObject({
      providers: [{ word: { label: 'none came yet' } }, { word: { label: 'not set' } }],
      failures: [],
    });
  });
});
