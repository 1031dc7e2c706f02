/** Links of mails to be approved, forged, stale, foreign, and used for what they are not for. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signInKey } from '../accounts/sign-in-key.ts';
import { createAsk } from '../api/ask.ts';
import { approveDelivery, editDelivery, getApproval } from '../api/routes/approvals.ts';
import { getMe } from '../api/routes/me.ts';
import { listOutbox, retryDelivery } from '../api/routes/outbox.ts';
import { ANN, type ApiFixture, BOB, openApi } from '../api/test-support/api.ts';
import { addHeld, rowOf } from '../api/test-support/held.ts';
import { decisionPage } from '../dashboard/approvals/decision-page.ts';
import { DECISION_LINK_MS, decisionToken, openDecisionLink } from './decision-link.ts';

describe('a link to decide by', () => {
  let api: ApiFixture;
  let digest: string;
  let token: string;
  const key = signInKey(new Uint8Array(32).fill(7));
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    await addHeld(api);
    await addHeld(api, { id: 'd-2' });
    digest = (await api.person(ANN).get('/outbox/d-1/approval')).json.content.digest;
    token = await decisionToken(key, matter());
  });
  afterEach(() => api.dispose());
  const matter = () => ({ deliveryId: 'd-1', digest, owner: ANN, expiresAt: api.now + DECISION_LINK_MS });
  const open = (of: string, at = api.now) => openDecisionLink({ db: api.db, key, now: at }, of);
  const from = () => ({
    request: new Request('http://test.example/decide'),
    from: { clientAddress: '192.0.2.9', local: false },
    reservation: api.budget.open(),
  });
  const backend = () => ({ openDecision: (of: string) => open(of), askFor: createAsk(api.deps) });

  it('opens its mail until it expires', async () => {
    expect(await open(token)).toMatchObject({ ok: true, deliveryId: 'd-1', digest });
    expect(await open(token, api.now + DECISION_LINK_MS + 1000)).toEqual({ ok: false, why: 'expired' });
  });

  it('opens nothing when any of its characters is another', async () => {
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'b' ? 'c' : 'b';
      const forged = `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
      expect([forged, await open(forged)]).toEqual([forged, { ok: false, why: 'unknown' }]);
    }
    for (const forged of ['', '....', token.slice(1), `${token}.`, token.toUpperCase(), `${token}\n`]) {
      expect(await open(forged)).toEqual({ ok: false, why: 'unknown' });
    }
  });

  it('opens nothing with the key of another server, or that of other links', async () => {
    const foreign = await decisionToken(signInKey(new Uint8Array(32).fill(8)), matter());
    expect(await open(foreign)).toEqual({ ok: false, why: 'unknown' });
    const [head = ''] = [token.slice(0, token.lastIndexOf('.'))];
    expect(await open(`${head}.${await key.linkToken('d-1')}`)).toEqual({ ok: false, why: 'unknown' });
  });

  it('is void once the agent has another owner', async () => {
    await api.db.updateTable('agents').set({ owner: BOB }).execute();
    expect(await open(token)).toEqual({ ok: false, why: 'unknown' });
  });

  it('reads and decides about its mail alone', async () => {
    const ask = createAsk(api.deps)({ viewer: { address: ANN, isAdmin: false }, byLinkTo: 'd-1', ...from() });
    const answers = await Promise.all([
      ask(getApproval, { params: { id: 'd-2' } }),
      ask(approveDelivery, { params: { id: 'd-2' } }),
      ask(editDelivery, { params: { id: 'd-1' }, body: { digest, body: 'x' } }),
      ask(retryDelivery, { params: { id: 'd-1' } }),
      ask(listOutbox),
      ask(getMe),
    ]);
    expect(answers.map((one) => !one.ok && one.code)).toEqual(Array.from({ length: 6 }, () => 'not_found'));
    expect((await rowOf(api, 'd-2')).state).toBe('awaiting_approval');
    expect((await ask(getApproval, { params: { id: 'd-1' } })).ok).toBe(true);
  });

  it('shows without deciding, as often as it is opened', async () => {
    for (let opened = 0; opened < 3; opened++) {
      expect((await decisionPage(backend(), token, from())).kind).toBe('open');
    }
    expect((await rowOf(api)).state).toBe('awaiting_approval');
    expect(await api.db.selectFrom('approval_records').selectAll().execute()).toEqual([]);
  });

  it('says what became of its mail, and by whom, once that is settled', async () => {
    const ask = createAsk(api.deps)({ viewer: { address: ANN, isAdmin: false }, byLinkTo: 'd-1', ...from() });
    expect((await ask(approveDelivery, { params: { id: 'd-1' }, body: { digest } })).ok).toBe(true);
    expect(await decisionPage(backend(), token, from())).toMatchObject({
      kind: 'settled',
      state: 'pending',
      record: [{ text: `${ANN} approved it by the link in a mail` }],
    });
    // A second decision by it is none.
    const again = await ask(approveDelivery, { params: { id: 'd-1' }, body: { digest } });
    expect(again).toMatchObject({ ok: false, code: 'conflict' });
  });

  it('is void once its mail was edited, and shows nothing of the new one', async () => {
    const body = { digest, body: 'NEW-WORDS', subject: 'Another' };
    expect((await api.person(ANN).call('POST', '/outbox/d-1/edit', { body })).status).toBe(200);
    const page = await decisionPage(backend(), token, from());
    expect(page.kind).toBe('changed');
    expect(JSON.stringify(page)).not.toContain('NEW-WORDS');
    const ask = createAsk(api.deps)({ viewer: { address: ANN, isAdmin: false }, byLinkTo: 'd-1', ...from() });
    const old = await ask(approveDelivery, { params: { id: 'd-1' }, body: { digest } });
    expect(old).toMatchObject({ ok: false, code: 'approval_void' });
  });
});
