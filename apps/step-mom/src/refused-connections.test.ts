import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { bash, inOrder, makeTurn, userText } from './test-support/fixture.ts';

/** A gateway that refused what stands in `refused`, and more at each question where `grow` says so. */
async function gatewayAt(socketPath: string, answer: (after: number) => unknown): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after'));
    response.end(JSON.stringify(answer(after)));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return asked;
}

const refused = [
  { host: 'db.internal', port: 5432, code: 'local_name', reason: 'the name is reserved for local use' },
  { host: 'fd00::1', port: 443, code: 'not_public', reason: 'the address is not public' },
  { host: 'user@x', port: null, code: 'bad_target', reason: 'the target is not a plain host:port' },
];

test('the agent reads after a command what was refused to it and why, once, and the events have it', async () => {
  const { api, folder } = await makeTurn(
    inOrder(bash('echo one'), bash('echo two'), { kind: 'text', text: 'ok' }),
  );
  const asked = await gatewayAt(folder.roots.gateway.socketPath, (after) => ({
    refused: refused.slice(after),
    next: refused.length,
    left_out: 0,
  }));
  await folder.take();
  expect(asked).toEqual(['/egress/refused?after=0', '/egress/refused?after=3']);
  const results = folder.events().filter((event) => event.type === 'tool_result');
  expect(results.map(({ output }) => output.trim())).toEqual([
    'one\n\n[network: db.internal:5432 refused: the name is reserved for local use]\n' +
      '[network: [fd00::1]:443 refused: the address is not public]\n' +
      '[network: user@x refused: the target is not a plain host:port]',
    'two',
  ]);
  expect(userText(api, 2)).toContain('[network: db.internal:5432 refused');
  expect(folder.events().filter((event) => event.type === 'connection_refused')).toMatchObject(refused);
});

test('a command that fails is told of it, too, and many refusals are few lines', async () => {
  const { folder } = await makeTurn(inOrder(bash('exit 3'), { kind: 'text', text: 'ok' }));
  const many = Array.from({ length: 30 }, (_, index) => ({ ...refused[0], host: `h${index}.internal` }));
  await gatewayAt(folder.roots.gateway.socketPath, () => ({
    refused: [...many, ...many],
    next: 60,
    left_out: 5,
  }));
  await folder.take();
  const [result] = folder.events().filter((event) => event.type === 'tool_result');
  expect(result?.is_error).toBe(true);
  expect(result?.output.match(/\[network: /g)).toHaveLength(11);
  expect(result?.output).toContain('[network: 20 more refused]');
});

test.each([
  [null],
  [{ refused: 'x', next: 1 }],
  [{ refused: [{ host: 1 }, null, { ...refused[0], host: 'x'.repeat(301) }], next: 3 }],
])('an answer that is none adds nothing: %j', async (answer) => {
  const { folder } = await makeTurn(inOrder(bash('echo one'), { kind: 'text', text: 'ok' }));
  await gatewayAt(folder.roots.gateway.socketPath, () => answer);
  await folder.take();
  const [result] = folder.events().filter((event) => event.type === 'tool_result');
  expect(result?.output.trim()).toBe('one');
});
