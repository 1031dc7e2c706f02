/** Events of a real turn over the API, while it runs. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from './support/api.ts';
import { until } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';
import type { Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const TOOL = JSON.stringify({ command: 'echo seen-live' });

describe('events of a turn that runs', () => {
  let server: Tinyfat;
  let model: AnthropicStandIn;
  let api: ApiClient;
  /** Of each test. */
  let run: string;
  let gate = '';
  let turns = 0;
  beforeAll(async () => {
    ({ model, server } = await startStory());
    api = await apiClient(server, OWNER, 'read');
  });
  beforeEach(async () => {
    turns += 1;
    gate = `later ${turns}`;
    const text = `[[tool: bash ${TOOL}]] [[gate: ${gate}]] [[reply: Finished.]]`;
    await sendMail(server, { to: 'scout@tinyfat.localhost', text });
    await model.arrived(gate);
    run = (await api.get('/runs')).json.data[0].id;
  });
  afterEach(() => model.release(gate));

  async function open(headers: Record<string, string> = {}) {
    const sent: ClientRequest = request(`${api.url}/runs/${run}/events`, {
      agent: false,
      headers: { authorization: `Bearer ${api.token}`, accept: 'text/event-stream', ...headers },
    });
    sent.end();
    const [answer]: IncomingMessage[] = await once(sent, 'response');
    if (!answer) throw new Error('no answer');
    let seen = '';
    answer.on('data', (chunk) => {
      seen += chunk;
    });
    answer.on('error', () => undefined);
    return {
      status: answer.statusCode,
      leave: () => sent.destroy(),
      async until(wanted: string): Promise<string> {
        while (!seen.includes(wanted)) await once(answer, 'data');
        return seen;
      },
      async whole(): Promise<string> {
        if (!answer.readableEnded) await once(answer, 'end');
        return seen;
      },
    };
  }

  it('come before it ends, then its end, and then the connection is closed', async () => {
    const stream = await open();
    const live = await stream.until('"output":"seen-live');
    expect((await api.get(`/runs/${run}`)).json.status).toBe('running');
    expect(live).not.toContain('event: end');
    model.release(gate);
    const whole = await stream.whole();
    expect(whole).toContain('"type":"text","content":"Finished.","attempt":1}');
    expect(whole).toMatch(/event: run\ndata: \{"id":"[^\n]*"status":"running"/);
    expect(whole).toMatch(/event: end\ndata: \{"status":"done","error_code":null,"attempt":1\}\n\n$/);
  });

  it('go on after the one that a client saw last', async () => {
    const first = await open();
    const seen = await first.until('"tool_call"');
    first.leave();
    const last = [...seen.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
    const again = await open({ 'last-event-id': last });
    model.release(gate);
    const rest = await again.whole();
    expect(rest).toMatch(new RegExp(`^: still here\n\n(event: run\ndata: .*\n\n)+id: ${Number(last) + 1}\n`));
    const all = (await api.get(`/runs/${run}/events`)).json.data.map(({ id }: { id: string }) => id);
    const ids = [...`${seen}${rest}`.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id);
    expect(ids).toEqual(all);
  });

  it('make room for others when their clients leave without a word', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(streams.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await open()).status).toBe(429);
    for (const stream of streams) stream.leave();
    const asked = async () => {
      const stream = await open();
      stream.leave();
      return stream.status;
    };
    await until(asked, (status) => status === 200);
  });

  it('keep no server from stopping', async () => {
    const stream = await open();
    await stream.until('seen-live');
    const stopped = server.kill('SIGTERM');
    expect(await stream.whole()).not.toContain('event: end');
    model.release(gate);
    await stopped;
    expect(server.exitCode()).toBe(0);
  });
});
