import { expect, test } from 'vitest';
import { countDemoTokens, type DemoMessage, replyOfDemoModel } from './demo-model.ts';
import { DEMO_NOTICE } from './write-answer.ts';

type Message = { role: string; content: unknown };
const BASH = [{ name: 'bash', description: 'Runs a command', input_schema: {} }];

/** A mail in the form of step-mom's prompt. */
const mail = (text: string, subject = 'Hello') =>
  [
    'A mail came in from ada@example.org (DMARC passed).',
    '',
    '<mail_headers nonce="0f">',
    'From: "Ada Lovelace" <ada@example.org>',
    `Subject: ${subject}`,
    '</mail_headers nonce="0f">',
    '',
    '<mail_text nonce="0f">',
    text,
    '</mail_text nonce="0f">',
    '',
    'Note: an earlier attempt was cut off.',
  ].join('\n');

function reply(messages: Message[], tools: object[] = BASH): DemoMessage {
  const outcome = replyOfDemoModel({
    model: 'claude-test',
    max_tokens: 10,
    system: 'Be good.',
    messages,
    tools,
  });
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.message;
}
const commandOf = (message: DemoMessage) => {
  const [block] = message.content;
  return block?.type === 'tool_use' ? block.input.command : '';
};
const textOf = (message: DemoMessage) => {
  const [block] = message.content;
  return block?.type === 'text' ? block.text : '';
};

/** One turn: the mail, then what the tool gave; gives the final text. */
function turn(text: string, output: string, before: Message[] = [], isError = false): string {
  const messages: Message[] = [...before, { role: 'user', content: [{ type: 'text', text: mail(text) }] }];
  const call = reply(messages);
  expect(call.stopReason).toBe('tool_use');
  const id = call.content[0]?.type === 'tool_use' ? call.content[0].id : '';
  messages.push({ role: 'assistant', content: call.content });
  messages.push({
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: id, is_error: isError, content: [{ type: 'text', text: output }] },
    ],
  });
  return textOf(reply(messages));
}

const FOUND =
  '--- MEMORY.md\n# Memory\n--- attachments\nreport`1`.csv\n--- folder\nMEMORY.md\noutbox/\nsessions/\n';

test('looks around first, then answers from what it found', () => {
  const answer = turn('Hi!\nWhat is in your folder?', FOUND);
  expect(answer).toContain('Hello Ada,');
  expect(answer).toContain('you wrote about `Hello`:\n\n> Hi!\n> What is in your folder?\n\n');
  expect(answer).toContain("1 attachment: `report'1'.csv`");
  expect(answer).toContain('3 entries: `MEMORY.md`, `outbox/`, `sessions/`');
  expect(answer).toContain('> # Memory');
  expect(answer).not.toContain('earlier attempt');
  expect(answer.endsWith(DEMO_NOTICE)).toBe(true);
  expect(DEMO_NOTICE).toContain('ANTHROPIC_API_KEY');
});

test('says so when there is nothing', () => {
  const answer = turn('', '--- MEMORY.md\n--- attachments\n--- folder\n');
  expect(answer).toContain('had no text');
  expect(answer).toContain('without attachments');
  expect(answer).toContain('is empty');
});

test('only reads when it was not asked to remember', () => {
  const command = commandOf(reply([{ role: 'user', content: mail('Remembering you is nice. I remember.') }]));
  expect(command).toContain('/inbox/attachments');
  expect(command).not.toMatch(/>>|rm |mv /);
});

test.each([
  ['Remember that the cat is called Tom.', 'the cat is called Tom.'],
  ['Hi there.\nPlease remember: tea at 5', 'tea at 5'],
  ['Hello, can you remember this: 42? Thanks!', '42'],
  ["remember it's $(rm -rf /) `id`", "it's $(rm -rf /) `id`"],
])('writes down what it is asked to: %s', (text, note) => {
  const command = commandOf(reply([{ role: 'user', content: mail(text) }]));
  expect(command).toContain(`'- ${note.replaceAll("'", "'\\''")}'`);
  expect(turn(text, `- ${note}\n`)).toContain(
    `I wrote this into my \`MEMORY.md\`, where every later turn finds it:\n\n> - ${note}`,
  );
});

test('does not claim to have remembered what is not there', () => {
  expect(turn('Remember the milk', 'No space left on device')).toContain('the line is not there afterwards');
});

test.each(['What do you remember?', 'Hi. Do you remember my cat?', 'what did I ask you before'])(
  'recalls: %s',
  (text) => {
    const before = [
      { role: 'user', content: mail('First mail about cats') },
      { role: 'assistant', content: 'ok' },
    ];
    const answer = turn(text, '# Agent\n\n## Notes\n\n- the cat is called Tom\n', before);
    expect(answer).toContain('> - the cat is called Tom');
    expect(answer).not.toContain('# Agent');
    expect(answer).toContain('Earlier in this conversation you wrote:\n\n- `First mail about cats`');
  },
);

test('tells of a command that failed', () => {
  expect(turn('Hello', 'bash: not found', [], true)).toMatch(/failed:\n\n> bash: not found/);
});

test('answers without a tool when none named bash is offered', () => {
  for (const tools of [[], [{ name: 'read' }]]) {
    const message = reply([{ role: 'user', content: 'plain text' }], tools);
    expect(message.stopReason).toBe('end_turn');
    expect(textOf(message)).toContain('> plain text');
    expect(textOf(message)).toContain('no `bash` tool');
  }
});

test('a new mail in an old conversation starts anew, and no call id comes twice', () => {
  const messages: Message[] = [];
  const ids = new Set<string>();
  for (const text of ['one', 'one', 'one']) {
    messages.push({ role: 'user', content: mail(text) });
    const call = reply(messages);
    const id = call.content[0]?.type === 'tool_use' ? call.content[0].id : '';
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    ids.add(id);
    messages.push({ role: 'assistant', content: call.content });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: FOUND }] });
    messages.push({ role: 'assistant', content: textOf(reply(messages)) });
  }
  expect(ids.size).toBe(3);
});

test('a notice behind the mail is no mail: the turn begins anew with the mail', () => {
  const call = reply([{ role: 'user', content: mail('Remember the milk') }]);
  const messages = [
    { role: 'user', content: mail('Remember the milk') },
    { role: 'assistant', content: call.content },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'x', is_error: true, content: 'cut off' }],
    },
    { role: 'user', content: '[System notice] This is attempt 2. What do you remember?' },
  ];
  expect(commandOf(reply(messages))).toBe(commandOf(call));
});

test('gives the end of a conversation where a summary is asked for', () => {
  const outcome = replyOfDemoModel({
    model: 'm',
    system: 'You are a context summarization assistant.',
    messages: [{ role: 'user', content: `<conversation>\n${mail('Remember the milk')}\n</conversation>` }],
  });
  const text = outcome.ok ? textOf(outcome.message) : '';
  expect(text).toContain('cannot summarise');
  expect(text).toContain('> Remember the milk');
  expect(text).not.toMatch(/^<mail_text/m);
});

test('the same request gives the same reply, with usage that grows with the text', () => {
  const messages = [{ role: 'user', content: mail('Hello') }];
  expect(reply(messages)).toEqual(reply(messages));
  const short = reply(messages).usage;
  const long = reply([{ role: 'user', content: mail(`Hello${'x'.repeat(4_000)}`) }]).usage;
  expect(short.input).toBeGreaterThan(0);
  expect(long.input - short.input).toBe(1_000);
  expect(countDemoTokens({ model: 'm', system: 'Be good.', messages, tools: BASH })).toEqual({
    ok: true,
    input: short.input,
  });
});

test.each([
  undefined,
  null,
  1,
  'x',
  [],
  {},
  { model: 'm' },
  { model: 'm', messages: [] },
  { messages: [{}] },
])('refuses %j with a reason', (request) => {
  expect(replyOfDemoModel(request)).toMatchObject({ ok: false, reason: expect.stringMatching(/./) });
});

test.each([
  [[{ role: 'user', content: [null, 1, { type: 'image' }, { type: 'text' }] }]],
  [[null, 'x', { role: 'user' }]],
  [[{ role: 'user', content: [{ type: 'tool_result' }] }]],
  [[{ role: 'user', content: `${'remember '.repeat(20_000)}` }]],
  [[{ role: 'user', content: `${'please, '.repeat(50_000)}` }]],
])('has an answer to odd messages', (messages) => {
  expect(replyOfDemoModel({ model: 'm', messages, tools: [null, 3, { name: 4 }] }).ok).toBe(true);
});
