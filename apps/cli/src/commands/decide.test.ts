/** What an owner decides by the command line, as the API of a server is asked for it. */
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readConfig } from '@tinyfat/server/config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

const DIGEST = 'a'.repeat(64);
const AT = '2026-11-27T12:00:00.000Z';
const DELIVERY = {
  ...{ id: 'd-1', agent: 'scout', mail: 'm-1', run: 'r-1', kind: 'reply', file: null },
  ...{ envelope_sender: 'scout@x.example', recipients: ['eve@x.example'], subject: 'S', message_id: '<1@x>' },
  ...{ state: 'rejected', attempts: 0, next_attempt_at: null, reason_code: null, reason: null },
  ...{ provider: null, provider_id: null, created_at: AT, sent_at: null, delivered_at: null },
  ...{ marked_sent_by: null, marked_sent_at: null },
};
const APPROVAL = {
  ...{ id: 'd-1', agent: 'scout', kind: 'reply', state: 'awaiting_approval', subject: 'S', created_at: AT },
  recipients: [{ address: 'eve@x.example', name: '', header: 'to', known_as: null, suppressed: null }],
  content: {
    ...{ digest: DIGEST, bytes: 9, from: { address: 'scout@x.example', name: '' }, reply_to: null },
    ...{ in_reply_to: null, body: 'Hi', footer: null, files: [] },
  },
  ...{ reason_code: null, reason: null, changeable: true, run: 'r-1', record: [], rewriting: null },
  mail: { id: 'm-1', sender: null, subject: 'S' },
};
const RUN = {
  ...{ id: 'r-2', agent: 'scout', mail: 'm-1', subject: 'S', sender: 'ann@x.example', kind: 'turn' },
  ...{ command: null, attempt: 1, status: 'waiting', session: null, model: null, input_tokens: 0 },
  ...{ output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, cost_usd: 0, context_tokens: null },
  ...{ context_window: null, llm_requests: 0, started_at: AT, finished_at: null, error_code: null },
  ...{ error: null, stop_asked_at: null, stop_asked_by: null, again_of: 'r-1', edited: false },
};

describe('a decision', () => {
  let server: Server;
  let asked: string[];
  let printed: string[];
  let held: unknown;
  beforeEach(async () => {
    [asked, printed, held] = [[], [], APPROVAL];
    const answers: Record<string, [number, () => unknown]> = {
      'POST /api/v1/runs/r-1/stop': [202, () => RUN],
      'POST /api/v1/runs/r-1/again': [201, () => RUN],
      'GET /api/v1/outbox/d-1/approval': [200, () => held],
      'POST /api/v1/outbox/d-1/edit': [200, () => APPROVAL],
      'POST /api/v1/outbox/d-1/reject': [200, () => DELIVERY],
      'POST /api/v1/outbox/d-1/mark-sent': [200, () => DELIVERY],
    };
    const problem = { status: 404, code: 'not_found', detail: 'There is nothing.', next_step: '' };
    server = createServer(async (request, response) => {
      const name = `${request.method} ${request.url}`;
      asked.push(`${name} ${await text(request)}`.trim());
      const [status, answer] = answers[name] ?? [404, () => problem];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await new Promise((resolve) => server.close(resolve));
  });

  async function run(...words: string[]): Promise<number> {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const environment = { TINYFAT_SERVER: `http://127.0.0.1:${port}`, TINYFAT_TOKEN: `tf_${'a'.repeat(43)}` };
    return await runWords(words, () => readConfig(environment));
  }
  const input = (content: string) =>
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([content]) as typeof process.stdin);

  it.each<[string[], string, string]>([
    [['run', 'stop', 'r-1'], 'POST /api/v1/runs/r-1/stop', 'It is being stopped.'],
    [['run', 'again', 'r-1'], 'POST /api/v1/runs/r-1/again {}', 'in the run r-2.'],
    [['run', 'again', 'r-1', '--text', 'Hi'], 'POST /api/v1/runs/r-1/again {"text":"Hi"}', 'once more'],
    [['outbox', 'reject', 'd-1'], 'POST /api/v1/outbox/d-1/reject {}', 'It is not sent to eve@x.example.'],
    [
      ['outbox', 'reject', 'd-1', '--note', 'Shorter'],
      'POST /api/v1/outbox/d-1/reject {"note":"Shorter"}',
      'scout writes it anew',
    ],
    [['outbox', 'mark-sent', 'd-1'], 'POST /api/v1/outbox/d-1/mark-sent', 'counts as sent to eve@x.example'],
  ])('is asked for: %s', async (words, request, said) => {
    expect(await run(...words)).toBe(0);
    expect(asked).toEqual([request]);
    expect(printed.join()).toContain(said);
  });

  it.each([
    ['run', 'stop', 'r-9'],
    ['run', 'again', 'r-9'],
    ['outbox', 'reject', 'd-9'],
    ['outbox', 'edit', 'd-9', '--subject', 'x'],
    ['outbox', 'mark-sent', 'd-9'],
  ])('is none about what is not there: %s %s %s', async (...words) => {
    expect(await run(...words.filter((word) => word !== undefined))).toBe(1);
    expect(printed.join()).toMatch(/there is no (?:run|delivery) [rd]-9/);
  });

  it('changes what is named of the mail that was read, and nothing else', async () => {
    input('Another text\n');
    expect(await run('outbox', 'edit', 'd-1', '--to', 'a@x.example', '--to', 'b@x.example', '--body')).toBe(
      0,
    );
    expect(asked).toEqual([
      'GET /api/v1/outbox/d-1/approval',
      `POST /api/v1/outbox/d-1/edit {"digest":"${DIGEST}","body":"Another text\\n","to":["a@x.example","b@x.example"]}`,
    ]);
    expect(printed.join()).toContain('tinyfat outbox approve d-1');
  });

  it('changes nothing where nothing is named, or the content is gone', async () => {
    expect(await run('outbox', 'edit', 'd-1')).toBe(2);
    expect(asked).toEqual([]);
    held = { ...APPROVAL, content: null };
    expect(await run('outbox', 'edit', 'd-1', '--subject', 'x')).toBe(1);
    expect(printed.join()).toContain('not stored any more');
  });
});
