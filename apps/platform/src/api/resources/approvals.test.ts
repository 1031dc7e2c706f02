/** What an owner reads and decides about mail that awaits approval. */
import { mailById, suppress } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';
import { addHeld, EVE, rowOf, storedText } from '../test-support/held.ts';

describe('a mail that awaits approval', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1', { state: 'awaiting_approval' });
    await addHeld(api);
  });
  afterEach(() => api.dispose());
  const ann = () => api.person(ANN);
  const read = async (id = 'd-1') => (await ann().get(`/outbox/${id}/approval`)).json;
  const mailState = async (id = 'm-1') => (await mailById(api.db, id))?.state;

  it('is read as it will leave, with whom it goes to', async () => {
    await api.addMail('m-2', { sender: BOB, sender_base: BOB });
    const cc = [EVE, BOB, 'gone@else.example'].map((address) => ({ address, name: '' }));
    await addHeld(api, { id: 'd-2', mail: { cc } });
    await suppress(api.db, [
      {
        agent_id: 'scout',
        address: 'gone@else.example',
        code: 'bounced',
        reason: '550 no',
        delivery_id: 'd-1',
        created_at: 1,
      },
    ]);
    expect(await read('d-2')).toMatchObject({
      state: 'awaiting_approval',
      subject: 'Re: Hello',
      reason: expect.stringContaining(`The mail goes to ${EVE}.`),
      recipients: [
        { address: ANN, name: 'Ann', header: 'to', known_as: 'owner', suppressed: null },
        { address: EVE, header: 'cc', known_as: null, suppressed: null },
        { address: BOB, header: 'cc', known_as: 'wrote_before' },
        { address: 'gone@else.example', known_as: null, suppressed: '550 no' },
      ],
      content: {
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        from: { address: 'scout@agents.example.org', name: 'scout' },
        body: '**Done.**\n\n> what you asked',
        footer: expect.stringMatching(/^\[scout:b0a2 /),
        in_reply_to: '<m-1@example.com>',
        files: [{ part: 3, filename: 'a.txt', content_type: 'text/plain', bytes: 11 }],
      },
      changeable: true,
      mail: { id: 'm-1', sender: ANN },
      record: [],
      rewriting: null,
    });
    expect((await ann().get('/outbox/d-2/parts/3')).text).toBe('of the file');
    expect((await ann().get('/outbox/d-2/parts/4')).status).toBe(404);
  });

  it('is approved as it was read, on record with who did it', async () => {
    const { content } = await read();
    const body = { digest: content.digest };
    expect((await ann().call('POST', '/outbox/d-1/approve', { body })).json.state).toBe('pending');
    expect(await rowOf(api)).toMatchObject({ approved_digest: content.digest, filed: 0 });
    expect(await mailState()).toBe('queued');
    expect(api.woken).toEqual(['deliveries']);
    expect((await read()).record).toMatchObject([
      { action: 'approved', by: ANN, via: 'session', note: null },
    ]);
  });

  it('is approved as it is stored by a client that says nothing of what it read', async () => {
    const token = api.bearer(await api.token(ANN, 'write', 'read'));
    expect((await token.call('POST', '/outbox/d-1/approve')).json.state).toBe('pending');
    expect((await rowOf(api)).approved_digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await read()).record).toMatchObject([{ action: 'approved', by: ANN, via: 'token' }]);
  });

  it('is rejected, and ends the mail that it answers', async () => {
    const { content } = await read();
    const body = { digest: content.digest };
    const rejected = await ann().call('POST', '/outbox/d-1/reject', { body });
    expect(rejected.json).toMatchObject({ state: 'rejected', reason_code: 'owner_rejected' });
    expect(await mailById(api.db, 'm-1')).toMatchObject({
      state: 'discarded',
      state_reason: 'The owner rejected the answer.',
    });
    // Its record in the outbox says so.
    expect([(await rowOf(api)).filed, api.woken]).toEqual([0, ['reports']]);
    expect((await ann().call('POST', '/outbox/d-1/retry')).json.code).toBe('conflict');
  });

  it('is rejected with a note, which becomes a mail of the owner with a job', async () => {
    const { content } = await read();
    const body = { digest: content.digest, note: 'Leave Eve out.\nAnd be friendlier.' };
    expect((await ann().call('POST', '/outbox/d-1/reject', { body })).json.state).toBe('rejected');
    expect(api.woken).toEqual(['reports', 'jobs']);
    const { record, rewriting } = await read();
    expect(record).toMatchObject([{ action: 'rejected_with_note', by: ANN, note: body.note }]);
    expect(rewriting).toMatchObject({ state: 'queued', delivery: null });
    const note = await mailById(api.db, rewriting.mail);
    expect(note).toMatchObject({
      sender: ANN,
      via: 'note',
      rewrites: 'd-1',
      answers_for: 'm-1',
      in_reply_to: '<d-1@agents.example.org>',
      thread: '<m-1@example.com>',
      verdict: 'accepted',
      state: 'queued',
    });
    expect(await mailState()).toBe('queued');
    const jobs = await api.db
      .selectFrom('jobs')
      .select('state')
      .where('mail_id', '=', rewriting.mail)
      .execute();
    expect(jobs).toEqual([{ state: 'ready' }]);
    const raw = await api.rawMail.get(rewriting.mail);
    const { json: found } = await ann().get(`/search?q=${encodeURIComponent('in:mails friendlier ')}`);
    expect(found.data).toMatchObject([{ kind: 'mail', id: rewriting.mail }]);
    const said = await api.deps.composer.readComposed(raw);
    expect(said.ok && said.mail.text).toContain(
      `My note on it:\n\n${body.note}\n\nThe rejected mail:\n\n> **Done.**`,
    );
  });

  it('is edited by composing it anew: same thread, files and footer, other words', async () => {
    const before = await read();
    const body = {
      digest: before.content.digest,
      to: [`Ann B. <${ANN}>`],
      cc: [],
      subject: 'Re: Hello again',
      body: 'Better.',
    };
    const edited = (await ann().call('POST', '/outbox/d-1/edit', { body })).json;
    expect(edited).toMatchObject({
      state: 'awaiting_approval',
      subject: 'Re: Hello again',
      reason_code: 'owner_edited',
      recipients: [{ address: ANN, name: 'Ann B.', known_as: 'owner' }],
      content: {
        body: 'Better.',
        footer: before.content.footer,
        in_reply_to: before.content.in_reply_to,
        files: before.content.files,
      },
      record: [{ action: 'edited', by: ANN }],
    });
    expect(edited.content.digest).not.toBe(before.content.digest);
    const text = await storedText(api);
    expect(text).toContain('Message-ID: <d-1@agents.example.org>');
    expect(text).toContain('Auto-Submitted: auto-replied');
    expect(text).not.toContain(EVE);
    // What it was stays stored, and is named by its record.
    const records = await api.db.selectFrom('approval_records').select('raw_key').execute();
    expect(records).toEqual([{ raw_key: 'out-d-1' }]);
    expect((await api.rawMail.get('out-d-1')).length).toBeGreaterThan(0);
  });

  it.each([
    ['nobody', { to: [] }, '"to" is empty'],
    ['not the person who wrote', { to: [EVE], cc: [] }, `The mail answers ${ANN}`],
    ['what is no address', { to: ['somebody'] }, 'is not an address'],
    [
      'too many',
      { cc: Array.from({ length: 21 }, (_, at) => `x${at}@example.com`) },
      'more than 20 addresses',
    ],
  ])('is not edited to go to %s', async (_, change, words) => {
    const { content } = await read();
    const body = { digest: content.digest, ...change };
    const refused = await ann().call('POST', '/outbox/d-1/edit', { body });
    expect(refused.json).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining(words) });
    expect((await read()).content.digest).toBe(content.digest);
  });

  it('is not edited into a mail without words', async () => {
    const { content } = await read();
    const body = { digest: content.digest, body: ' \n' };
    const refused = await ann().call('POST', '/outbox/d-1/edit', { body });
    expect(refused.json.detail).toContain('"body" is empty');
  });

  it('that the host wrote is approved or rejected, but neither edited nor written anew', async () => {
    await addHeld(api, { id: 'd-2', row: { kind: 'error', source_file: null } });
    const { content, changeable } = await read('d-2');
    expect(changeable).toBe(false);
    const { digest } = content;
    const edit = await ann().call('POST', '/outbox/d-2/edit', { body: { digest, body: 'x' } });
    const note = await ann().call('POST', '/outbox/d-2/reject', { body: { digest, note: 'x' } });
    expect([edit.json.code, note.json.code]).toEqual(['conflict', 'conflict']);
    expect((await ann().call('POST', '/outbox/d-2/reject')).json.state).toBe('rejected');
    expect(await mailState()).toBe('awaiting_approval');
  });

  it('says what became of it to whoever comes late', async () => {
    await ann().call('POST', '/outbox/d-1/reject');
    const late = await api.operator.call('POST', '/outbox/d-1/approve');
    expect(late.json).toMatchObject({
      code: 'conflict',
      detail: expect.stringMatching(
        /^It does not await approval any more\. It was rejected by ann@example\.com\.$/,
      ),
    });
  });
});
