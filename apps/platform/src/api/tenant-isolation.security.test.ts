/**
 * Invariant 9: nobody reaches what is somebody else's. Every declared route is walked with a stranger's credentials on
 * the owner's names and ids; a route without a case here fails the test.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { insertSecretAddress, setCurrentSession, suppress } from '@tinyfat/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from './principal.ts';
import { ROUTES } from './routes/index.ts';
import {
  ANN,
  type Answer,
  type ApiFixture,
  addBrowser,
  BOB,
  type CallOptions,
  openApi,
} from './test-support/api.ts';

const SESSION = '01990000-0000-7000-8000-9f3a00000001';
const DIGEST = 'a'.repeat(64);
const TEXT = { headers: { 'if-match': '*' }, body: 'stolen' };

/** What a stranger must get. `own`: the route shows only what belongs to the one who asks. */
type Case = { path: string; options?: CallOptions; gives: 'not found' | 'own' };

const missing = (path: string, options?: CallOptions): Case => ({
  path,
  ...(options ? { options } : {}),
  gives: 'not found',
});
const own = (path: string, options?: CallOptions): Case => ({ ...missing(path, options), gives: 'own' });

/** On Ann's agent `scout`, her mail `m-1`, her quarantined mail `m-2`, her delivery `d-1` … */
const CASES: Record<string, Case[]> = {
  getMe: [own('/me')],
  getFirstRun: [own('/first-run')],
  getMailDomain: [own('/mail-domain')],
  checkAgentName: [own('/agent-names/of-nobody')],
  getFirstMail: [
    missing('/agents/scout/first-mail'),
    missing('/agents/scout/first-mail', { headers: { accept: 'text/event-stream' } }),
  ],
  sendTestMail: [missing('/agents/scout/test-mails', { body: { subject: 'Hi', text: 'stolen' } })],
  getSentText: [missing('/outbox/d-3/mailbox')],
  getAttention: [own('/attention')],
  getAttentionCount: [own('/attention/count')],
  acknowledgeAll: [
    own('/attention/acknowledge', { body: { kind: 'runs', until: '2999-01-01T00:00:00Z' } }),
    own('/attention/acknowledge', { body: { kind: 'deliveries', until: '2999-01-01T00:00:00Z' } }),
  ],
  acknowledgeRun: [missing('/runs/m-1/acknowledge')],
  acknowledgeDelivery: [missing('/outbox/d-2/acknowledge')],
  getActivity: [own('/activity?from=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z')],
  listAgentsAtAGlance: [own('/glance')],
  listAgents: [own('/agents'), own(`/agents?owner=${encodeURIComponent(BOB)}`)],
  createAgent: [own('/agents', { body: { name: 'of-the-stranger' } })],
  getAgent: [missing('/agents/scout'), missing('/agents/SCOUT')],
  changeAgent: [
    missing('/agents/scout', { body: { model: 'opus' } }),
    missing('/agents/scout', { body: { owner: BOB } }),
    missing('/agents/scout', { body: { egress: 'public', display_name: 'Stolen' } }),
    missing('/agents/scout', { body: { paused: true, outbound: 'ask' } }),
  ],
  getAgentSettings: [missing('/agents/scout/settings')],
  deleteAgent: [missing('/agents/scout')],
  listAllowedSenders: [missing('/agents/scout/allowed-senders')],
  addSender: [missing('/agents/scout/allowed-senders', { body: { entry: BOB } })],
  checkSender: [missing('/agents/scout/would-get-in?address=ann%40example.com')],
  removeSender: [missing(`/agents/scout/allowed-senders/${encodeURIComponent(ANN)}`)],
  listSecretAddresses: [missing('/agents/scout/secret-addresses')],
  createSecretAddress: [missing('/agents/scout/secret-addresses', { body: {} })],
  revokeSecretAddress: [
    missing('/agents/scout/secret-addresses/s-1'),
    missing('/agents/bobs/secret-addresses/s-1'),
  ],
  listMails: [
    own('/mails'),
    own('/mails?state=quarantined'),
    own(`/mails?sender=${encodeURIComponent(ANN)}&since=2000-01-01T00:00:00Z`),
    missing('/mails?agent=scout'),
  ],
  getMail: [missing('/mails/m-1')],
  getRawMail: [missing('/mails/m-1/raw')],
  getMailTimeline: [missing('/mails/m-1/timeline')],
  viewMail: [missing('/mails/m-1/view')],
  getMailHtml: [missing('/mails/m-1/html')],
  getMailPart: [missing('/mails/m-1/parts/1')],
  getMailSource: [missing('/mails/m-1/source')],
  viewDelivery: [missing('/outbox/d-1/view')],
  getDeliveryHtml: [missing('/outbox/d-1/html')],
  getDeliveryPart: [missing('/outbox/d-1/parts/1')],
  getDeliverySource: [missing('/outbox/d-1/source')],
  releaseMail: [missing('/mails/m-2/release')],
  discardMail: [missing('/mails/m-2/discard')],
  discardAllMails: [missing('/agents/scout/mails/discard')],
  listRuns: [own('/runs'), missing('/runs?agent=scout')],
  getRun: [missing('/runs/m-1')],
  getRunEvents: [
    missing('/runs/m-1/events'),
    missing('/runs/m-1/events', { headers: { accept: 'text/event-stream' } }),
  ],
  getRunEvent: [missing('/runs/m-1/events/1')],
  stopRun: [missing('/runs/m-1/stop')],
  runAgain: [missing('/runs/m-1/again', { body: {} }), missing('/runs/m-1/again', { body: { text: 'Hi' } })],
  listSessions: [missing('/agents/scout/sessions')],
  getSession: [missing(`/agents/scout/sessions/${SESSION}`), missing(`/agents/bobs/sessions/${SESSION}`)],
  getSessionFacts: [
    missing(`/agents/scout/sessions/${SESSION}/facts`),
    missing(`/agents/bobs/sessions/${SESSION}/facts`),
  ],
  getTranscript: [
    missing(`/agents/scout/sessions/${SESSION}/transcript`),
    missing(`/agents/bobs/sessions/${SESSION}/transcript`),
  ],
  makeSessionCurrent: [
    missing(`/agents/scout/sessions/${SESSION}/current`),
    missing(`/agents/bobs/sessions/${SESSION}/current`),
  ],
  clearSession: [
    missing(`/agents/scout/sessions/${SESSION}/current`),
    missing(`/agents/bobs/sessions/${SESSION}/current`),
  ],
  listFiles: [missing('/agents/scout/files')],
  getFile: [missing('/agents/scout/files/MEMORY.md')],
  viewFile: [missing('/agents/scout/view/MEMORY.md')],
  putFile: [missing('/agents/scout/files/notes.txt', { body: new Uint8Array([1]) })],
  deleteFile: [missing('/agents/scout/files/notes.txt')],
  getArchive: [missing('/agents/scout/archive')],
  getConfig: [missing('/agents/scout/config')],
  putConfig: [
    missing('/agents/scout/config', { ...TEXT, headers: { ...TEXT.headers, 'content-type': 'text/plain' } }),
  ],
  getMemory: [missing('/agents/scout/memory')],
  putMemory: [missing('/agents/scout/memory', TEXT)],
  listSkills: [missing('/agents/scout/skills')],
  getSkill: [missing('/agents/scout/skills/weather')],
  addSkill: [
    missing('/agents/scout/skills', {
      body: new Uint8Array([1]),
      headers: { 'content-type': 'application/zip' },
    }),
  ],
  putSkill: [
    missing('/agents/scout/skills/weather', {
      body: { files: [{ path: 'SKILL.md', content: 'stolen' }] },
    }),
  ],
  deleteSkill: [missing('/agents/scout/skills/weather')],
  getSkillFile: [missing('/agents/scout/skills/weather/SKILL.md')],
  putSkillFile: [missing('/agents/scout/skills/weather/SKILL.md', { body: new Uint8Array([1]) })],
  deleteSkillFile: [missing('/agents/scout/skills/weather/more.txt')],
  listOutbox: [own('/outbox'), own('/outbox?states=failed,sent'), missing('/outbox?agent=scout')],
  countOutbox: [own('/outbox-counts'), missing('/outbox-counts?agent=scout')],
  markDeliverySent: [missing('/outbox/d-4/mark-sent')],
  getDelivery: [missing('/outbox/d-1')],
  getRawDelivery: [missing('/outbox/d-1/raw')],
  retryDelivery: [missing('/outbox/d-2/retry')],
  approveDelivery: [
    missing('/outbox/d-1/approve'),
    missing('/outbox/d-1/approve', { body: { digest: DIGEST } }),
  ],
  getApproval: [missing('/outbox/d-1/approval')],
  rejectDelivery: [missing('/outbox/d-1/reject'), missing('/outbox/d-1/reject', { body: { note: 'no' } })],
  editDelivery: [missing('/outbox/d-1/edit', { body: { digest: DIGEST, body: 'stolen' } })],
  listSuppressed: [missing('/agents/scout/suppressed')],
  listAllSuppressed: [own('/suppressed')],
  unsuppress: [missing('/agents/scout/suppressed/x%40example.net')],
  getAgentBudget: [missing('/agents/scout/budget')],
  putAgentBudget: [missing('/agents/scout/budget', { body: { monthly_usd: 0 } })],
  deleteAgentBudget: [missing('/agents/scout/budget')],
  listBudgets: [own('/budgets')],
  getBudget: [own('/budget')],
  putBudget: [own('/budget', { body: { monthly_usd: 0 } })],
  deleteBudget: [own('/budget')],
  getUsage: [own('/usage?by=agent'), own('/usage'), missing('/usage?agent=scout'), own('/usage?by=sender')],
  search: [own('/search?q=SECRET'), own('/search?q=in:mails'), missing('/search?q=agent:scout')],
  getUsageMonth: [own('/usage/month'), missing('/usage/month?agent=scout')],
  listKeys: [own('/keys')],
  putKey: [own('/keys/anthropic', { body: { key: 'sk-ant-of-the-stranger' } })],
  deleteKey: [own('/keys/anthropic')],
  listTokens: [own('/tokens')],
  createToken: [own('/tokens', { body: { scopes: ['read'] } })],
  revokeToken: [missing('/tokens/TOKEN')],
  getRetention: [own('/retention')],
  previewRetention: [own('/retention/preview')],
  runRetention: [own('/retention/run')],
  listBrowsers: [own('/browsers')],
  signOutBrowser: [missing('/browsers/session-of-ann')],
  signOutOtherBrowsers: [own('/browsers/sign-out-others')],
  getAlerts: [own('/alerts')],
  putAlerts: [own('/alerts', { body: { held: false, failed: false, budget: false, digest: false } })],
  getMailOut: [own('/mail-out')],
  sendTestToSelf: [own('/mail-out/test')],
  getSending: [own('/sending')],
  stopSending: [own('/sending/stop')],
  resumeSending: [own('/sending/resume')],
  listOwners: [own('/owners')],
  getHealth: [own('/server/health')],
  getWebhooks: [own('/server/webhooks')],
  listWebhookFailures: [own('/server/webhooks/failures')],
};

describe('what belongs to somebody else', () => {
  let api: ApiFixture;
  let tokenId: string;
  /** Of the stranger, with all scopes. */
  let fullToken: string;
  beforeAll(async () => {
    api = await openApi({
      mayCreateAgents: async () => true,
      localMail: {
        send: async () => ({ ok: true, messageId: '<1@example.com>' }),
        sent: async () => ({ file: 'new/1', text: 'ANN-SECRET' }),
      },
    });
    await api.addAgent('scout', ANN);
    await api.addAgent('bobs', BOB);
    await api.folders.write('scout', 'MEMORY.md', 'ANN-SECRET');
    await api.folders.write('scout', 'skills/weather/SKILL.md', 'ANN-SECRET');
    await api.folders.write('scout', 'skills/weather/more.txt', 'ANN-SECRET');
    await api.folders.write('scout', 'notes.txt', 'ANN-SECRET');
    await setCurrentSession(api.db, { agentId: 'scout', scope: 'agent', sessionId: SESSION, at: 1 });
    await api.folders.write('scout', `sessions/2026-11-27T12-00-00-000Z_${SESSION}.jsonl`, 'ANN-SECRET');
    await api.addMail('m-1', { subject: 'ANN-SECRET' });
    const began = '{"type":"start","run_id":"m-1","model":"ANN-SECRET"}\n';
    await api.folders.write('scout', 'events/2026-11-27T12-00-01-000Z.jsonl', began);
    await api.addQuarantinedMail('m-2', { subject: 'ANN-SECRET' });
    await api.addDelivery('d-1', 'm-1', { state: 'awaiting_approval', subject: 'ANN-SECRET' });
    await api.addDelivery('d-3', 'm-1', { provider: 'maildir', subject: 'ANN-SECRET' });
    await api.addDelivery('d-2', 'm-1', { state: 'failed', subject: 'ANN-SECRET' });
    await api.addDelivery('d-4', 'm-1', { state: 'uncertain', subject: 'ANN-SECRET' });
    const secret = { token_sha256: 'x', note: 'ANN-SECRET', created_at: 1 };
    await insertSecretAddress(api.db, { ...secret, id: 's-1', agent_id: 'scout' });
    const row = { agent_id: 'scout', code: 'bounced' as const, reason: 'ANN-SECRET', delivery_id: 'd-1' };
    await suppress(api.db, [{ ...row, address: 'x@example.net', created_at: 1 }]);
    await api.person(ANN).call('PUT', '/keys/anthropic', { body: { key: 'sk-ant-of-ann-1234567890' } });
    await api.person(ANN).call('PUT', '/agents/scout/budget', { body: { monthly_usd: 5 } });
    await addBrowser(api, 'session-of-ann', ANN);
    await api.person(ANN).call('PUT', '/alerts', {
      body: { held: true, failed: true, budget: false, digest: true },
    });
    await api.token(ANN, 'read');
    fullToken = await api.token(BOB, 'read', 'write', 'keys', 'tokens', 'admin');
    tokenId = (await api.person(ANN).get('/tokens')).json.data[0].id;
  });
  afterAll(() => api.dispose());

  /** Everything that is Ann's, as it lies in the database and on disk. */
  async function ofAnn(): Promise<string> {
    const rows = [];
    for (const table of [
      'mails',
      'jobs',
      'runs',
      'deliveries',
      'secret_addresses',
      'current_sessions',
      'allowed_senders',
    ] as const) {
      const all: { agent_id: string }[] = await api.db.selectFrom(table).selectAll().execute();
      rows.push(all.filter(({ agent_id }) => agent_id === 'scout'));
    }
    rows.push(await api.db.selectFrom('account_sessions').selectAll().execute());
    rows.push(await api.db.selectFrom('sending_stops').selectAll().execute());
    for (const table of ['agents', 'provider_keys', 'api_tokens', 'owner_alerts'] as const) {
      const all: { owner: string }[] = await api.db.selectFrom(table).selectAll().execute();
      rows.push(all.filter(({ owner }) => owner === ANN));
    }
    const budgets = await api.db.selectFrom('budgets').selectAll().execute();
    rows.push(budgets.filter(({ subject }) => subject !== BOB));
    rows.push(await api.db.selectFrom('suppressed_recipients').selectAll().execute());
    const folder = join(api.paths.agents, 'scout');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    return JSON.stringify([rows, files.map((path) => [path, readFileSync(path, 'utf8')])]);
  }

  const at = ({ path }: Case) => path.replace('TOKEN', tokenId);
  const walk = [...ROUTES].flatMap(([name, route]) =>
    (CASES[name] ?? []).map((one) => ({ name, route, one })),
  );

  it('has a case of every route, and no other', () => {
    expect(Object.keys(CASES).sort()).toEqual([...ROUTES.keys()].sort());
  });

  it.each(walk)('$name $one.path: a stranger gets $one.gives and changes nothing', async ({ route, one }) => {
    const before = await ofAnn();
    const nothing = await api.person(BOB).get('/mails/there-is-none');
    for (const who of [api.person(BOB), api.bearer(fullToken)]) {
      const answer = await who.call(route.method, at(one), one.options);
      if (one.gives === 'not found') expect([answer.status, answer.text]).toEqual([404, nothing.text]);
      expect(answer.text).not.toMatch(/ANN-SECRET|ann@example|scout|of-ann/);
    }
    expect(await ofAnn()).toBe(before);
  });

  it.each(walk)('$name $one.path: nobody gets 401', async ({ route, one }) => {
    const before = await ofAnn();
    const wrong = [api.nobody, api.bearer('tf_0'), api.bearer(`tf_${'x'.repeat(43)}`)];
    for (const who of wrong) {
      const answer = await who.call(route.method, at(one), one.options);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
    expect(await ofAnn()).toBe(before);
  });

  it.each(walk)(
    '$name $one.path: the owner is refused for the lack of its scope alone',
    async ({ route, one }) => {
      const before = await ofAnn();
      const others = (['read', 'write', 'keys', 'tokens', 'admin'] as Scope[]).filter(
        (scope) => scope !== route.scope,
      );
      const answer = await api
        .bearer(await api.token(ANN, ...others))
        .call(route.method, at(one), one.options);
      if (route.scope === null) expect(answer.status).toBe(200);
      else expect(answer.json).toMatchObject({ status: 403, code: 'scope_missing' });
      await api.db.deleteFrom('api_tokens').where('scopes', 'like', '%admin%').execute();
      expect(await ofAnn()).toBe(before);
    },
  );

  it('is found by its owner at the same places', async () => {
    const looks = walk.filter(({ route, one }) => route.method === 'GET' && one.gives === 'not found');
    for (const { route, one } of looks) {
      if (one.path.includes('/bobs/') || one.options) continue;
      const answer = await api.person(ANN).call(route.method, at(one));
      expect([one.path, answer.status]).toEqual([one.path, 200]);
    }
  });

  it('is not named by a stranger for an owner', async () => {
    const bob = api.person(BOB);
    const asAnn = `owner=${encodeURIComponent(ANN)}`;
    const tries: Promise<Answer>[] = [
      bob.get(`/agents?${asAnn}`),
      bob.get(`/keys?${asAnn}`),
      bob.get(`/tokens?${asAnn}`),
      bob.call('PUT', `/keys/anthropic?${asAnn}`, { body: { key: 'sk-ant-of-the-stranger' } }),
      bob.call('DELETE', `/keys/anthropic?${asAnn}`),
      bob.get(`/budget?${asAnn}`),
      bob.get(`/alerts?${asAnn}`),
      bob.call('PUT', `/alerts?${asAnn}`, {
        body: { held: false, failed: false, budget: false, digest: false },
      }),
      bob.get(`/usage?${asAnn}`),
      bob.get(`/usage/month?${asAnn}`),
      bob.call('PUT', `/budget?${asAnn}`, { body: { monthly_usd: 0 } }),
      bob.call('DELETE', `/budget?${asAnn}`),
      bob.call('POST', '/tokens', { body: { scopes: ['read'], owner: ANN } }),
      bob.call('POST', '/agents', { body: { name: 'x', owner: ANN } }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.json.code).toBe('not_permitted');
  });
});

describe('the code of the resources', () => {
  it('loads nothing by its id but through what the principal may see', () => {
    const folder = new URL('./resources/', import.meta.url);
    const loaders =
      /(?<!routes\.)\b(\w+ById|findAgent|list(?:Mails|Runs|Deliveries|Agents))\b|\.(selectFrom|updateTable|deleteFrom)\(/;
    const files = readdirSync(folder).filter((name) => !name.includes('.test.'));
    const found = files.filter((name) => loaders.test(readFileSync(new URL(name, folder), 'utf8')));
    expect(found).toEqual([]);
  });
});
