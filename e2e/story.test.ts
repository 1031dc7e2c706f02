/** The whole way of mail through an installation, in each composition: on one machine, and on Workers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noEngine } from './support/cloudflare/engine.ts';
import { eventually } from './support/eventually.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { DOMAIN } from './support/senders.ts';
import { OWNER } from './support/webhooks.ts';

const AGENTS = ['scout', 'clerk', 'miser', 'guard'];

describe.skipIf(noEngine !== null)(`the story of mail${noEngine === null ? '' : ` (${noEngine})`}`, () => {
  let here: Installation;
  beforeAll(async () => {
    here = await startInstallation(AGENTS);
  });
  afterAll(() => here?.dispose());
  const hashOf = (text = '') => /\[\w+:([0-9a-f]{4,}) /.exec(text)?.[1] ?? '';
  const modelOf = (request: { body: unknown } | undefined) => (request?.body as { model?: string })?.model;

  it('a mail by webhook starts a turn with a tool, which answers with an attachment', async () => {
    const outbox = JSON.stringify({ body: 'Here it is.', attachments: [{ path: '/data/plan.txt' }] });
    const command = `echo 'the plan' > plan.txt; printf %s '${outbox}' > outbox/email/answer.json`;
    await here.arrive({
      to: 'scout',
      text: `Write a plan. [[tool: bash ${JSON.stringify({ command })}]] [[reply: done]]`,
      headers: { Subject: 'Plan', 'Message-ID': '<plan@example.com>' },
    });
    const [answer, ...more] = await here.sent('scout', 1);
    expect(more).toEqual([]);
    expect(answer?.email).toMatchObject({
      from: expect.stringContaining(`scout@${DOMAIN}`),
      to: [expect.stringContaining(OWNER)],
      subject: 'Re: Plan',
      headers: {
        'In-Reply-To': '<plan@example.com>',
        References: '<plan@example.com>',
        'Auto-Submitted': 'auto-replied',
      },
      attachments: [{ filename: 'plan.txt', content: btoa('the plan\n') }],
    });
    expect(answer?.email.text).toContain('Here it is.');
    expect(answer?.email.text).toMatch(/\[scout:[0-9a-f]{4} \| ↑\S+ ↓\S+ .*claude-haiku/);
    // A mail is out before that is on record.
    await eventually(async () => (await here.mails('scout', 1))[0].state).toBe('replied');
    const kept = await here.api.get('/agents/scout/files/plan.txt');
    expect(kept.text).toBe('the plan\n');
    const [run] = (await here.api.get('/runs?agent=scout')).json.data;
    expect(run).toMatchObject({ status: 'done', attempt: 1, error_code: null });
    const { data: events } = (await here.api.get(`/runs/${run.id}/events`)).json;
    expect(events.map(({ event }: { event: { type: string } }) => event.type)).toEqual(
      expect.arrayContaining(['start', 'tool_call', 'tool_result', 'end']),
    );
  });

  it('the next mail of the thread goes on in the same session, and finds what the first one left', async () => {
    const [first] = await here.sent('scout', 1);
    await here.arrive({
      to: 'scout',
      text: 'What was it? [[tool: bash {"command":"cat plan.txt"}]] [[reply: It was <{output}>.]]',
      headers: {
        Subject: 'Re: Plan',
        'Message-ID': '<again@example.com>',
        'In-Reply-To': first?.messageId ?? '',
        References: `<plan@example.com> ${first?.messageId}`,
      },
    });
    const [, answer] = await here.sent('scout', 2);
    expect(answer?.email).toMatchObject({
      subject: 'Re: Plan',
      headers: { 'In-Reply-To': '<again@example.com>' },
    });
    expect(answer?.email.headers?.References).toContain('<plan@example.com>');
    expect(answer?.email.text).toContain('It was <the plan');
    expect(hashOf(answer?.email.text)).toBe(hashOf(first?.email.text));
    expect(JSON.stringify(here.model.requests.at(-1)?.body)).toContain('Write a plan.');
  });

  it('answers commands without the model, and does as they say', async () => {
    const ask = async (subject: string, text = '', count = 0) => {
      await here.arrive({ to: 'clerk', text, headers: { Subject: subject } });
      return (await here.sent('clerk', count))[count - 1]?.email.text ?? '';
    };
    const old = hashOf(await ask('Begin', 'My word is plum. [[reply: Noted.]]', 1));
    const before = here.model.requests.length;
    expect(await ask('/model sonnet', '', 2)).toContain('claude-sonnet-');
    expect(await ask('/clear', '', 3)).toContain(`/resume ${old}`);
    expect(here.model.requests.length).toBe(before);
    const fresh = await ask('New', 'Start. [[reply: Fresh.]]', 4);
    expect(hashOf(fresh)).not.toBe(old);
    expect(modelOf(here.model.requests.at(-1))).toMatch(/^claude-sonnet-/);
    expect(JSON.stringify(here.model.requests.at(-1)?.body)).not.toContain('plum');
    expect(await ask(`/resume ${old}`, '', 5)).toContain('Resumed session');
    expect(hashOf(await ask('Back', 'Again. [[reply: Here.]]', 6))).toBe(old);
    expect(JSON.stringify(here.model.requests.at(-1)?.body)).toContain('plum');
  });

  it('spends nothing beyond a budget, and says so', async () => {
    await here.api.call('PUT', '/agents/miser/budget', { monthly_usd: 0 });
    const before = here.model.requests.length;
    await here.arrive({ to: 'miser', text: 'Think. [[reply: Thought.]]' });
    const [refusal] = await here.sent('miser', 1);
    expect(refusal?.email.text).toContain('budget');
    expect(here.model.requests.length).toBe(before);
    await here.api.call('DELETE', '/agents/miser/budget');
    await here.arrive({ to: 'miser', text: 'Think. [[reply: Thought.]]' });
    const [, answer] = await here.sent('miser', 2);
    expect(answer?.email.text).toContain('Thought.');
  });

  it('refuses who is not on the list, and who forges one who is, without a word to them', async () => {
    await here.arrive({ to: 'guard', from: 'eve@stranger.example', text: 'Let me in. [[reply: no]]' });
    await here.arrive({ to: 'guard', from: OWNER, signedBy: 'stranger.example', text: 'Me! [[reply: no]]' });
    await here.arrive({ to: 'guard', from: OWNER, signedBy: null, text: 'Me again! [[reply: no]]' });
    const refused = await here.mails('guard', 3);
    expect(refused.map(({ verdict }) => verdict)).toEqual(['refused', 'refused', 'refused']);
    await here.api.call('POST', '/agents/guard/allowed-senders', { entry: '@stranger.example' });
    await here.arrive({ to: 'guard', from: 'eve@stranger.example', text: 'And now? [[reply: Welcome.]]' });
    const [answer, ...more] = await here.sent('guard', 1);
    expect([answer?.email.to, more]).toEqual([[expect.stringContaining('eve@stranger.example')], []]);
    expect(
      here.resend.sent.filter(
        ({ email }) => email.to.some((to) => to.includes(OWNER)) && email.from.includes('guard@'),
      ),
    ).toEqual([]);
  });

  it('answers a mail that comes twice once, and an event that is told twice too', async () => {
    const headers = { 'Message-ID': '<twice@example.com>', Subject: 'Twice' };
    const before = (await here.sent('scout', 2)).length;
    const id = await here.arrive({ to: 'scout', text: 'Once. [[reply: Once.]]', headers });
    const sent = await here.sent('scout', before + 1);
    await here.arrive({ to: 'scout', text: 'Once. [[reply: Once.]]', headers });
    await here.post({ type: 'email.received', data: here.resend.inbox.eventData(id) });
    const [copy, , ...earlier] = await here.mails('scout', 4);
    expect(copy).toMatchObject({ verdict: 'duplicate' });
    expect(earlier).toHaveLength(2);
    await here.arrive({ to: 'scout', text: 'Last. [[reply: Last.]]' });
    const all = await here.sent('scout', sent.length + 1);
    expect(all.slice(sent.length).map(({ email }) => email.text)).toEqual([expect.stringContaining('Last.')]);
  });
});
