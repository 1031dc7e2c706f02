import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepMomInput } from '@tinyfat/core';
import { stepMom } from './step-mom.ts';

/** The line that `--probe` prints. */
type ProbeLine = { type: 'probe'; ok: true } | { type: 'probe'; ok: false; reason: string };

/**
 * Takes a whole turn, with a command, on a temporary folder against a model of our own on loopback. It shows
 * that turns work in this sandbox, and leaves in the compile cache all that a turn loads and the functions that
 * it runs: code that is only loaded would be compiled again each time.
 */
export async function probe(environment: Record<string, string>): Promise<ProbeLine> {
  const root = mkdtempSync(join(tmpdir(), 'probe-'));
  const { server, url } = await startModel();
  try {
    const folders = { dataFolder: join(root, 'data'), inboxFolder: join(root, 'inbox') };
    for (const folder of Object.values(folders)) mkdirSync(folder);
    writeFileSync(join(folders.inboxFolder, 'input.json'), JSON.stringify(probeInput(url)));
    const outcome = await stepMom({
      ...folders,
      platformSkillsFolder: join(root, 'skills'),
      gateway: { socketPath: join(root, 'gateway.sock'), port: 0 },
      runToken: 'probe',
      childEnvironment: environment,
      startedAt: Date.now(),
    });
    flushCompileCache();
    if (outcome.ok) return { type: 'probe', ok: true };
    return { type: 'probe', ok: false, reason: `${outcome.code}: ${outcome.message}` };
  } finally {
    server.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function startModel(): Promise<{ server: Server; url: string }> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response, ++requests === 1));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}

/** One streamed answer of the Messages API: a command first, then a text. */
function answer(response: ServerResponse, first: boolean): void {
  const block = first
    ? { type: 'tool_use', id: 'probe', name: 'bash', input: {} }
    : { type: 'text', text: '' };
  const delta = first
    ? { type: 'input_json_delta', partial_json: '{"command":"true","timeout":null}' }
    : { type: 'text_delta', text: 'ok' };
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = { id: 'probe', type: 'message', role: 'assistant', content: [], stop_reason: null, usage };
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: first ? 'tool_use' : 'end_turn' }, usage },
    { type: 'message_stop' },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

function probeInput(url: string): StepMomInput {
  const nobody = { address: 'probe@localhost', name: '' };
  return {
    version: 1,
    run_id: 'probe',
    attempt: 1,
    agent: { id: 'probe', name: 'probe', address: nobody.address, owner: nobody.address },
    session: { id: 'probe', file: null },
    model: { id: 'claude-haiku-5-5', base_url: url },
    task: { kind: 'turn' },
    email: {
      message_id: null,
      in_reply_to: null,
      references: [],
      from: nobody,
      authentication: 'a probe',
      to: [nobody],
      cc: [],
      subject: 'Probe',
      date: null,
      text: 'Probe',
      quoted: '',
      forwarded: '',
      hidden_text: false,
      attachments: [],
    },
    limits: {
      deadline_ms: 20_000,
      stall_ms: 10_000,
      retry_base_ms: 100,
      llm_retries: 0,
      event_output_chars: 1_000,
    },
  };
}
