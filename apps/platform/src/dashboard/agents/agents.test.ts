/** What the pages about agents ask, and what their forms do, over the API itself. */
import { UNCOUNTED } from '@tinyfat/core';
import { suppress } from '@tinyfat/database';
import { makeZip } from '@tinyfat/testing/make-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { agentTabs } from './agent-tabs.ts';
import { deleteTyped } from './delete.ts';
import { agentsPage } from './list.ts';
import { makeAgent, newAgentFields, newAgentPage } from './new-agent.ts';
import { changePause, overviewPage } from './overview.ts';
import { readText } from './read-text.ts';
import { changeSenders, sendersPage } from './senders.ts';
import { changeFromForm, fieldsInForce, settingsPage, WAS } from './settings.ts';
import { ABOUT, changeSkill, makeSkill, putArchive, skillPage } from './skills.ts';
import { costBasis, costText } from './turn-cost.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
});
afterEach(() => api.dispose());

function askAs(address: string): Ask {
  return createAsk(api.deps)({
    viewer: { address, isAdmin: address === ADMIN },
    request: new Request('http://localhost:8025/agents'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
}
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

it('the tabs of an agent lead to its own pages and to its mails', () => {
  const tabs = agentTabs('scout', 'senders');
  expect(tabs.map(({ href }) => href).slice(0, 3)).toEqual([
    ...['/agents/scout', '/mails?agent=scout', '/agents/scout/senders'],
  ]);
  expect(tabs.filter(({ current }) => current).map(({ label }) => label)).toEqual(['Senders']);
});

it('no page of them shows anything of somebody else', async () => {
  const ask = askAs(BOB);
  const pages = [
    overviewPage(ask, 'scout'),
    settingsPage(ask, 'scout'),
    sendersPage(ask, 'scout', ANN),
    skillPage(ask, { agent: 'scout', skill: 'weather' }, ABOUT),
    changePause(ask, 'scout', form({ action: 'pause' })),
    changeSenders(ask, 'scout', form({ action: 'add', entry: BOB })),
    changeFromForm(ask, 'scout', form({ action: 'pause' })),
    changeFromForm(ask, 'scout', form({ action: 'budget', monthly: '' })),
    deleteTyped(ask, 'scout', 'scout'),
  ];
  for (const page of await Promise.all(pages)) expect(page).toMatchObject({ ok: false, status: 404 });
});

describe('the list', () => {
  it('is of all owners for an admin, and of one where that is asked', async () => {
    await api.addAgent('his', BOB);
    const all = await agentsPage(askAs(ADMIN), { cursor: null, owner: null });
    expect(all).toMatchObject({
      withOwner: true,
      mayCreate: true,
      rows: [{ name: 'his' }, { name: 'scout' }],
    });
    const one = await agentsPage(askAs(ADMIN), { cursor: null, owner: BOB });
    expect(one).toMatchObject({ withOwner: false, rows: [{ name: 'his' }] });
    expect(await agentsPage(askAs(ANN), { cursor: null, owner: null })).toMatchObject({
      mayCreate: false,
      rows: [{ name: 'scout', paused_at: null }],
    });
    expect(await agentsPage(askAs(ANN), { cursor: null, owner: BOB })).toMatchObject({
      code: 'not_permitted',
    });
  });
});

describe('a new agent', () => {
  it('is made with the entries of the lines, for oneself or for another owner', async () => {
    const fields = newAgentFields(form({ name: ' Helper ', allow: '@team.example\r\nben@x.example, ' }));
    const made = await makeAgent(askAs(ADMIN), { ...fields, owner: BOB });
    expect(made).toMatchObject({
      ok: true,
      body: { name: 'helper', owner: BOB, allowed_senders: ['@team.example', 'ben@x.example', BOB] },
    });
    expect(await makeAgent(askAs(ANN), fields)).toMatchObject({ code: 'not_permitted' });
    expect(await newAgentPage(askAs(ANN))).toMatchObject({ mayCreate: false, mayNameOwner: false });
  });
});

describe('the overview', () => {
  it('says what waits, and what a turn costs at the model in force', async () => {
    await api.addMail('m-1');
    const run = { model: 'claude-haiku-4-5', status: 'done' as const, cost_usd: 0.25 };
    await api.db.updateTable('runs').set(run).execute();
    await api.addQuarantinedMail('m-2');
    await api.addDelivery('d-1', 'm-1', { state: 'awaiting_approval' });
    await api.addDelivery('d-2', 'm-1', { state: 'uncertain' });
    await api.addDelivery('d-3', 'm-1', { state: 'bounced' });
    const page = await overviewPage(askAs(ANN), 'scout');
    expect(page).toMatchObject({
      waits: [
        { text: '1 mail to approve', href: '/approvals?agent=scout', tone: 'wait' },
        { text: '1 mail in quarantine', tone: 'wait' },
        { href: '/agents/scout/outbox?state=uncertain' },
        { text: '1 mail that came back', href: '/agents/scout/outbox?state=failed' },
      ],
      cost: { turns: 1, median_usd: 0.25 },
      mails: [{ id: 'm-2' }, { id: 'm-1' }],
    });
    expect(page.ok && costText(page.cost)).toBe('about $0.25 a turn');
    expect(page.ok && costBasis(page.cost)).toContain('Median of its last turn at this model');
    expect(costText(undefined)).toBe('cost of a turn unknown');
  });

  it('pauses and goes on, and does nothing for any other word', async () => {
    const ask = askAs(ANN);
    expect(await changePause(ask, 'scout', form({ action: 'pause' }))).toMatchObject({ ok: true });
    expect(await overviewPage(ask, 'scout')).toMatchObject({ agent: { paused_at: expect.any(String) } });
    expect(await changePause(ask, 'scout', form({ action: 'constructor' }))).toMatchObject({ status: 400 });
    expect(await changePause(ask, 'scout', form({ action: 'resume' }))).toMatchObject({ ok: true });
  });
});

describe('the settings', () => {
  const saved = async (change: Record<string, string>, etag?: string) => {
    const page = await settingsPage(askAs(ANN), 'scout');
    if (!page.ok) throw new Error(page.code);
    return await sent(page, change, etag);
  };
  type Page = Extract<Awaited<ReturnType<typeof settingsPage>>, { ok: true }>;
  /** A form that was made of a page. */
  async function sent(page: Page, change: Record<string, string>, etag?: string) {
    const found = fieldsInForce(page.agent, page.settings);
    const was = Object.entries(found).map(([name, value]) => [`${WAS}${name}`, value]);
    const config_etag = etag ?? page.settings.config_etag;
    const fields = { ...found, ...Object.fromEntries(was), ...change, action: 'save', config_etag };
    return await changeFromForm(askAs(ANN), 'scout', form(fields));
  }

  it('write only what differs: a model that there is not stays where another setting is changed', async () => {
    await api.folders.write('scout', 'config.json', '{"model":"gpt-7"}');
    const page = await settingsPage(askAs(ANN), 'scout');
    expect(page.ok && page.models.at(-1)).toEqual({ value: 'gpt-7', label: 'gpt-7, which there is not' });
    expect(await saved({ egress: 'list', hosts: 'A.example.com\r\n*.b.org' })).toEqual({
      ok: true,
      href: '/agents/scout/settings?done=saved',
    });
    const after = await settingsPage(askAs(ANN), 'scout');
    expect(after.ok && fieldsInForce(after.agent, after.settings)).toMatchObject({
      model: 'gpt-7',
      egress: 'list',
      hosts: 'a.example.com\n*.b.org',
    });
    expect(await saved({})).toMatchObject({ ok: true });
  });

  it('set nothing back that was set in another browser, and ask before they do', async () => {
    const page = await settingsPage(askAs(ANN), 'scout');
    if (!page.ok) throw new Error(page.code);
    expect(await saved({ outbound: 'ask', egress: 'none' })).toMatchObject({ ok: true });
    expect(await sent(page, { display_name: 'Scout of Ann' })).toMatchObject({ ok: true });
    const now = async () => {
      const after = await settingsPage(askAs(ANN), 'scout');
      return after.ok ? fieldsInForce(after.agent, after.settings) : after;
    };
    expect(await now()).toMatchObject({ display_name: 'Scout of Ann', outbound: 'ask', egress: 'none' });
    expect(await sent(page, { egress: 'list', hosts: 'a.example.com' })).toMatchObject({
      code: 'precondition_failed',
      detail: expect.stringContaining('“What its turns may reach”'),
      nextStep: expect.stringContaining('It is now: none.'),
    });
    // The same from both is no matter.
    expect(await sent(page, { egress: 'none' })).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ egress: 'none' });
  });

  it('are refused where config.json is no longer the one that was seen', async () => {
    expect(await saved({ session_scope: 'thread' }, 'another')).toMatchObject({
      code: 'precondition_failed',
    });
    expect(await saved({ outbound: 'anyone' })).toMatchObject({ code: 'not_permitted' });
    expect(await saved({ outbound: 'everybody' })).toMatchObject({ status: 400 });
  });

  it('cap a month, and take the cap away with nothing typed', async () => {
    const cap = (monthly: string) => changeFromForm(askAs(ANN), 'scout', form({ action: 'budget', monthly }));
    expect(await cap('')).toMatchObject({ ok: true });
    expect(await cap(' $7.50 ')).toMatchObject({ ok: true });
    expect(await settingsPage(askAs(ANN), 'scout')).toMatchObject({ budget: { monthly_usd: 7.5 } });
    for (const amount of ['-1', '1e3', 'Infinity', '7,50', '0.0000001']) {
      expect(await cap(amount)).toMatchObject({ ok: false, status: 400 });
    }
    expect(await cap('')).toMatchObject({ ok: true });
    expect(await settingsPage(askAs(ANN), 'scout')).toMatchObject({ budget: { monthly_usd: null } });
  });
});

describe('the senders', () => {
  it('are shown with what entries mean, the owner first, and with whom mail does not reach', async () => {
    const ask = askAs(ANN);
    for (const entry of ['@gmail.com', '@*.corp.example']) {
      expect(await changeSenders(ask, 'scout', form({ action: 'add', entry }))).toMatchObject({
        done: 'added',
      });
    }
    const gone = {
      agent_id: 'scout',
      code: 'bounced' as const,
      reason: '550',
      delivery_id: 'd',
      created_at: 1,
    };
    await suppress(api.db, [{ ...gone, address: 'x@example.net' }]);
    const page = await sendersPage(ask, 'scout', ' eve@example.net ');
    expect(page).toMatchObject({
      allowed: [
        { entry: ANN, isOwner: true, warning: null },
        { entry: '@*.corp.example', means: 'everybody at a sub-domain of corp.example' },
        { entry: '@gmail.com', warning: expect.stringContaining('anyone can get') },
      ],
      asked: { address: 'eve@example.net', verdict: { ok: true, body: { gets_in: false } } },
      suppressed: [{ address: 'x@example.net' }],
    });
    const again = form({ action: 'unsuppress', address: 'x@example.net' });
    expect(await changeSenders(ask, 'scout', again)).toMatchObject({ done: 'unsuppressed' });
    expect(await changeSenders(ask, 'scout', form({ action: 'x' }))).toMatchObject({ status: 400 });
  });

  it('have a secret address, which is said once', async () => {
    const made = await changeSenders(askAs(ANN), 'scout', form({ action: 'make-secret', note: 'shop' }));
    expect(made).toMatchObject({ secretAddress: expect.stringMatching(/^scout\+.+@agents\.example\.org$/) });
    const page = await sendersPage(askAs(ANN), 'scout', null);
    expect(page).toMatchObject({ asked: null, secret: [{ note: 'shop' }] });
    expect(JSON.stringify(page)).not.toContain('scout+');
  });
});

describe('a skill', () => {
  const of = { agent: 'scout', skill: 'weather' };
  const text = '---\ndescription: Weather\n---\nLook up.\n';

  it('is made once, and its files are changed only by who saw them as they are', async () => {
    const ask = askAs(ANN);
    const made = await makeSkill(
      ask,
      'scout',
      form({ name: 'weather', text: text.replaceAll('\n', '\r\n') }),
    );
    expect(made).toMatchObject({ ok: true });
    expect(await makeSkill(ask, 'scout', form({ name: 'weather', text }))).toMatchObject({
      code: 'conflict',
    });
    const page = await skillPage(ask, of, ABOUT);
    expect(page).toMatchObject({ text: { kind: 'text', text } });
    const tag = page.ok && page.text.kind === 'text' ? page.text.tag : '';
    const save = (more: string) => form({ action: 'save', file: ABOUT, tag, text: `${text}${more}` });
    expect(await changeSkill(ask, of, save('One'))).toMatchObject({ done: 'saved' });
    expect(await changeSkill(ask, of, save('Two'))).toMatchObject({ code: 'precondition_failed' });
    const add = form({ action: 'add', file: 'more.md' });
    expect(await changeSkill(ask, of, add)).toMatchObject({ done: 'added', file: 'more.md' });
    expect(await changeSkill(ask, of, add)).toMatchObject({ code: 'conflict' });
    expect(await changeSkill(ask, of, form({ action: 'add', file: '../x' }))).toMatchObject({ status: 400 });
    expect(await changeSkill(ask, of, form({ action: 'remove-file', file: 'more.md' }))).toMatchObject({
      done: 'file-removed',
    });
    expect(await changeSkill(ask, of, form({ action: 'remove' }))).toEqual({
      ok: true,
      done: 'removed',
      file: null,
    });
    expect(await skillPage(ask, of, ABOUT)).toMatchObject({ status: 404 });
  });

  it('is made of an archive, or replaced by one where it is still as the form has seen it', async () => {
    const ask = askAs(ANN);
    const sent = (note: string, fields: Record<string, string> = {}) => {
      const content = '---\nname: weather\ndescription: x\n---\n';
      const bytes = new Uint8Array(makeZip([{ name: 'SKILL.md', content }, { name: note }]));
      return { ok: true as const, fields: form(fields), file: { name: 'a.zip', bytes } };
    };
    expect(await putArchive(ask, { agent: 'scout' }, sent('one'))).toMatchObject({ ok: true });
    expect(await putArchive(ask, { agent: 'scout' }, sent('two'))).toMatchObject({ code: 'conflict' });
    expect(await putArchive(ask, of, sent('two'))).toMatchObject({ code: 'precondition_failed' });
    const page = await skillPage(ask, of, ABOUT);
    const etag = page.ok ? page.skill.etag : '';
    expect(await putArchive(ask, of, sent('two', { etag }))).toMatchObject({
      body: { files: [{ path: 'SKILL.md' }, { path: 'two' }] },
    });
    expect(await putArchive(ask, of, sent('three', { etag }))).toMatchObject({ status: 412 });
    expect(await putArchive(ask, of, { ...sent('x'), file: null })).toMatchObject({ status: 400 });
    expect(await putArchive(ask, of, { ok: false, why: 'too_large' })).toMatchObject({
      detail: 'The archive has more than 16.0 MB.',
    });
  });

  it.each([
    [new Uint8Array([0, 1]), 'binary'],
    [new Uint8Array([0xff]), 'binary'],
    [new Uint8Array(64 * 1024 + 1), 'too_long'],
  ])('is no text to edit where its bytes are none, or too many', async (bytes, kind) => {
    expect(await readText({ name: 'x', bytes })).toMatchObject({ kind, tag: null });
  });
});

it('an agent is deleted by its name alone', async () => {
  const ask = askAs(ANN);
  expect(await deleteTyped(ask, 'scout', 'scou')).toMatchObject({ status: 400 });
  expect(await deleteTyped(ask, 'scout', ' Scout ')).toMatchObject({ ok: true });
  expect(await overviewPage(ask, 'scout')).toMatchObject({ status: 404 });
});
