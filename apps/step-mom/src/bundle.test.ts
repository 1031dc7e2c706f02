import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { StepMomOutcome } from '@tinyfat/core';
import { expect, onTestFinished, test } from 'vitest';
import { buildBundle } from './build/build-bundle.ts';
import { ended, startProgram, useBundle } from './test-support/bundle.ts';
import { bash, inOrder, makeTurn, userText } from './test-support/fixture.ts';
import { png } from './test-support/png.ts';
import { makeAttachment } from './test-support/turn-folder.ts';

const bundle = useBundle();
const lastLine = (stdout: string): StepMomOutcome => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

test('the bundle takes a whole turn with all tools, a skill and an image, and prints its outcome', async () => {
  const { api, folder } = await makeTurn(
    inOrder(
      { kind: 'tools', calls: [{ name: 'write', input: { path: 'a.txt', content: 'alpha' } }] },
      {
        kind: 'tools',
        calls: [{ name: 'edit', input: { path: 'a.txt', edits: [{ oldText: 'alpha', newText: 'beta' }] } }],
      },
      { kind: 'tools', calls: [{ name: 'read', input: { path: 'a.txt', offset: null, limit: null } }] },
      bash('env; cat a.txt'),
      { kind: 'text', text: 'Done.' },
    ),
  );
  mkdirSync(join(folder.data, 'skills', 'own'), { recursive: true });
  writeFileSync(
    join(folder.data, 'skills', 'own', 'SKILL.md'),
    '---\nname: own\ndescription: "A: skill"\n---\nx',
  );
  const path = join(folder.inbox, 'attachments', 'wide.png');
  writeFileSync(path, png(4000, 40));
  folder.writeInput({
    email: { attachments: [makeAttachment({ filename: 'wide.png', path })] },
  });

  const end = await ended(startProgram(bundle(), folder));

  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(end.stdout.trim().split('\n')).toHaveLength(1);
  expect(lastLine(end.stdout)).toMatchObject({ ok: true, reply: 'written' });
  expect(folder.reply()?.body).toBe('Done.');
  expect(readFileSync(join(folder.data, 'a.txt'), 'utf8')).toBe('beta');
  const results = folder.events().filter((event) => event.type === 'tool_result');
  expect(results.map(({ is_error }) => is_error)).toEqual([false, false, false, false]);
  expect(results.at(-1)?.output).not.toContain('token-of-the-run');
  expect(api.requests[0]?.apiKey).toBe('token-of-the-run');
  expect(JSON.stringify(api.requests[0]?.body.system)).toContain('<name>own</name>');
  // The image is larger than a model takes: the bundled image library made it smaller.
  expect(userText(api, 1)).toContain('"type":"image"');
  expect(userText(api, 1)).toContain('original 4000x40, displayed at 2000x20');
});

/** A port on 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a request reaches a gateway behind the unix socket through the forwarder', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'unused' }));
  const asked: string[] = [];
  const gateway = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end('{"type":"error","error":{"type":"authentication_error","message":"no"}}');
  });
  await new Promise<void>((resolve) => gateway.listen(join(folder.root, 'gateway.sock'), resolve));
  onTestFinished(() => {
    gateway.close();
  });
  const port = await freePort();
  folder.writeInput({ model: { base_url: `http://127.0.0.1:${port}/anthropic` } });
  const end = await ended(startProgram(bundle(), folder, ['--port', String(port)]));
  expect(lastLine(end.stdout)).toMatchObject({ ok: false, code: 'llm_unauthorized' });
  expect(asked).toEqual(['POST /anthropic/v1/messages?beta=true']);
});

test('the probe fills the compile cache, and a turn uses it without writing', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const cache = join(folder.root, 'cache');
  mkdirSync(cache);
  const probe = await ended(startProgram(bundle(), folder, ['--probe', '--cache', cache]));
  expect(probe).toMatchObject({ code: 0, stdout: '{"type":"probe","ok":true}\n', stderr: '' });
  const files = () => readdirSync(cache, { recursive: true }).map(String).sort();
  const times = () => files().map((name) => statSync(join(cache, name)).mtimeMs);
  const filled = files();
  expect(filled.length).toBeGreaterThan(4);
  const before = times();
  for (const name of ['.', ...filled]) chmodSync(join(cache, name), 0o555);
  folder.writeInput();
  const end = await ended(startProgram(bundle(), folder, ['--cache', cache]));
  for (const name of ['.', ...filled]) chmodSync(join(cache, name), 0o755);
  expect(lastLine(end.stdout)).toMatchObject({ ok: true });
  expect(files()).toEqual(filled);
  expect(times()).toEqual(before);
});

test('bad input is an outcome too', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const end = await ended(startProgram(bundle(), folder));
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(lastLine(end.stdout)).toMatchObject({ ok: false, code: 'bad_input' });
});

test('another build of the same sources gives the same files, byte for byte', async () => {
  const again = `${bundle()}-again`;
  await buildBundle(again);
  const names = readdirSync(bundle()).sort();
  expect(readdirSync(again).sort()).toEqual(names);
  for (const name of names) {
    expect(readFileSync(join(again, name)).equals(readFileSync(join(bundle(), name))), name).toBe(true);
  }
});

test('models.json lists the models with what the host needs to know', () => {
  const models = JSON.parse(readFileSync(join(bundle(), 'models.json'), 'utf8'));
  expect(models.find(({ id }: { id: string }) => id === 'claude-haiku-5-5')).toEqual({
    id: 'claude-haiku-5-5',
    name: 'Claude Haiku 5.5',
    contextWindow: 1_000_000,
    cost: {
      ...{ input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125 },
      tiers: [{ inputTokensAbove: 100_000, input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.625 }],
    },
  });
  expect(models.map(({ id }: { id: string }) => id)).toEqual(
    models.map(({ id }: { id: string }) => id).toSorted(),
  );
});
