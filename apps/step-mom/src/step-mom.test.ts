import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bash, inOrder, makeTurn, userText } from './test-support/fixture.ts';
import { runId, sessionId } from './test-support/turn-folder.ts';

// pi would use message threads with a base URL like this one, and fallbacks with the model.
test.each(['claude-fable-5-2', 'claude-haiku-5-5', 'claude-opus-5-5', 'claude-sonnet-5-5'])(
  'a request of %s holds the whole conversation, names one model, and needs no other beta than those of thinking',
  async (id) => {
    const { api, folder } = await makeTurn(inOrder(bash('true'), { kind: 'text', text: 'ok' }));
    const base_url = `${api.url}/api.anthropic.com`;
    expect(await folder.take({ model: { id, base_url } })).toMatchObject({ ok: true });
    expect(api.requests).toHaveLength(2);
    for (const { body, betas } of api.requests) {
      expect(body).toMatchObject({ model: id, system: expect.anything() });
      expect(body.tools?.map(({ name }) => name)).toEqual(['read', 'bash', 'edit', 'write']);
      expect(Object.keys(body)).not.toContain('thread');
      expect(Object.keys(body)).not.toContain('fallbacks');
      expect(betas).toBe('mid-conversation-output-config-2026-07-01,thinking-binding-controls-2026-08-01');
    }
    expect(userText(api, 2)).toContain('Please add 2 and 3.');
  },
);

test('a plain answer becomes the reply file, with its footer beside it', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'It is **5**.' }));
  const outcome = await folder.take();
  const footer = '[otto:beef | ↑19 ↓12 R3.0k W1.2k $0.002 2.1%/200k | claude-haiku-4-5]';
  expect(outcome).toMatchObject({
    ok: true,
    reply: 'written',
    footer,
    usage: { input: 19, output: 12, cacheRead: 3000, cacheWrite: 1200 },
    context: { window: 200_000 },
  });
  expect(outcome.cost_usd).toBeCloseTo(0.001879, 6);
  expect(folder.reply()).toEqual({ body: 'It is **5**.', log: footer, status: 'pending' });
  expect(readdirSync(folder.outbox)).toEqual([`${runId}.json`]);
  expect(api.requests).toHaveLength(1);
  expect(api.requests[0]).toMatchObject({
    path: '/anthropic/v1/messages?beta=true',
    apiKey: 'run-token-of-this-test',
  });
});

test('the model gets the mail, four tools, and a system prompt of ours with memory and skills', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  writeFileSync(join(folder.data, 'MEMORY.md'), '# Notes\nAnn likes ```tables```.');
  for (const place of [join(folder.data, 'skills', 'own'), join(folder.root, 'skills', 'given')]) {
    mkdirSync(place, { recursive: true });
    const name = place.endsWith('own') ? 'own' : 'given';
    writeFileSync(
      join(place, 'SKILL.md'),
      `---\nname: ${name}\ndescription: A skill called ${name}.\n---\nDo it.`,
    );
  }
  await folder.take();
  const body = api.requests[0]?.body;
  expect(body?.tools?.map(({ name }) => name)).toEqual(['read', 'bash', 'edit', 'write']);
  const system = JSON.stringify(body?.system);
  expect(system).toContain('You are otto, an agent that lives in e-mail');
  expect(system).toContain('````markdown\\n# Notes\\nAnn likes ```tables```.\\n````');
  expect(system).toContain('<name>own</name>');
  expect(system).toContain('<name>given</name>');
  expect(system).not.toContain('coding assistant');
  expect(userText(api, 1)).toContain('Please add 2 and 3.');
  expect(userText(api, 1)).toContain('A mail came in from ann@example.com (DMARC passed).');
});

test('mail text that begins with a slash or names a skill is only text', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  await folder.take({ email: { text: '/skill:own do it' } });
  expect(userText(api, 1)).toContain('/skill:own do it');
});

test('the second mail continues the session of the first', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const first = await folder.take();
  const file = first.ok ? first.session_file : null;
  const second = await folder.take({
    run_id: 'second',
    session: { id: sessionId, file },
    email: { text: 'And now 4 and 5.' },
  });
  expect(second).toMatchObject({ ok: true, session_file: file });
  expect(readdirSync(join(folder.data, 'sessions'))).toEqual([file]);
  expect(userText(api, 2)).toContain('Please add 2 and 3.');
  expect(userText(api, 2)).toContain('And now 4 and 5.');
  // Figures are the run's own, not the session's.
  expect(second.usage).toEqual({ input: 19, output: 12, cacheRead: 3000, cacheWrite: 1200 });
});

test('tools work in the agent folder, and the run can be followed in its events', async () => {
  const { folder } = await makeTurn(
    inOrder(
      {
        kind: 'tools',
        text: 'Let me see.',
        calls: [{ name: 'write', input: { path: 'a.txt', content: 'A' } }],
      },
      bash('cat a.txt; pwd', 'exit 3', 'seq 1 2000'),
      { kind: 'text', text: 'Done.' },
    ),
  );
  const outcome = await folder.take({ limits: { event_output_chars: 100 } });
  expect(outcome).toMatchObject({ ok: true });
  const events = folder.events();
  expect(events.map(({ type }) => type)).toEqual([
    'start',
    'usage',
    'text',
    'tool_call',
    'tool_result',
    'usage',
    ...Array(3).fill('tool_call'),
    ...Array(3).fill('tool_result'),
    'usage',
    'text',
    'end',
  ]);
  const results = events.filter((event) => event.type === 'tool_result');
  expect(results.find(({ output }) => output.includes(folder.data) && output.startsWith('A'))).toBeDefined();
  expect(results.find(({ is_error }) => is_error)?.output).toContain('exited with code 3');
  const long = results.find(({ full_length }) => full_length !== undefined);
  expect(long?.output).toHaveLength(100);
  expect(long?.full_length).toBeGreaterThan(8_000);
  // Three requests to the model in one run.
  expect(outcome.usage).toEqual({ input: 57, output: 36, cacheRead: 9000, cacheWrite: 3600 });
});

test('a reply that the agent wrote itself takes the place of its last message', async () => {
  const mail = JSON.stringify({ body: 'With a file', attachments: [], status: 'pending' });
  const { folder } = await makeTurn(
    inOrder(bash(`mkdir -p outbox/email && echo '${mail}' > outbox/email/mine.json`), {
      kind: 'text',
      text: 'I sent it.',
    }),
  );
  expect(await folder.take()).toMatchObject({ ok: true, reply: 'by_agent' });
  expect(readdirSync(folder.outbox)).toEqual(['mine.json']);
});

test('a mail of the agent to someone else is sent besides the reply', async () => {
  const mail = JSON.stringify({ to: ['bob@example.com'], subject: 'Hi', body: 'Hi', status: 'pending' });
  const { folder } = await makeTurn(
    inOrder(bash(`echo '${mail}' > outbox/email/bob.json`), { kind: 'text', text: 'I wrote to Bob.' }),
  );
  expect(await folder.take()).toMatchObject({ ok: true, reply: 'written' });
  expect(readdirSync(folder.outbox).sort()).toEqual([`${runId}.json`, 'bob.json']);
});

test('a model that pi does not know is bad input that names the models', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const outcome = await folder.take({ model: { id: 'gpt-9' } });
  expect(outcome).toMatchObject({ ok: false, code: 'bad_input', retry: false });
  expect(outcome.ok ? '' : outcome.message).toContain('claude-haiku-4-5');
  expect(api.requests).toHaveLength(0);
});

test.each<[string, (text: string) => string]>([
  ['is not JSON', (text) => text.slice(0, -2)],
  ['has another version', (text) => text.replace('"version":1', '"version":2')],
  ['has a run id that is a path', (text) => text.replaceAll(runId, '../../x')],
  ['has no limits', (text) => text.replace('"limits"', '"limit"')],
])('input that %s is bad input, and nothing is touched', async (_, spoil) => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const { stepMom } = await import('./step-mom.ts');
  writeFileSync(join(folder.inbox, 'input.json'), spoil(JSON.stringify(folder.writeInput())));
  expect(await stepMom(folder.roots)).toMatchObject({ ok: false, code: 'bad_input', retry: false });
  expect(existsSync(join(folder.data, 'events'))).toBe(false);
});

test('events that can not be written do not stop the turn', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  writeFileSync(join(folder.data, 'events'), 'not a folder');
  expect(await folder.take()).toMatchObject({ ok: true });
});

test('asks for no longer answer than it may, and never for more than the model can write', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  await folder.take({ model: { max_tokens: 5000 } });
  await folder.take({ run_id: 'second', model: { max_tokens: 10_000_000 } });
  await folder.take({ run_id: 'third' });
  expect(api.requests.map(({ body }) => body.max_tokens)).toEqual([5000, 64_000, 64_000]);
});
