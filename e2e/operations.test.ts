/** What an operator sees of a running server: log lines that belong together, metrics, readiness. */

import { beforeAll, describe, expect, it } from 'vitest';
import { answerTo, sendMail } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { startStory } from './support/story.ts';

const to = 'scout@tinyfat.localhost';

describe('the operator', async () => {
  const { server } = await startStory();
  beforeAll(async () => {
    await sendMail(server, { to, subject: 'A private subject', text: '[[reply: A private answer.]]' });
    await answerTo(server, { to, from: 'stranger@example.net' });
    await newestDelivery(server, 'sent');
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${server.host}:8025${path}`, { headers });
  /** Records of the log as JSON, by event. */
  const lines = (event: string): Record<string, unknown>[] =>
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);

  it('reads one line for the mail, one for its run and one for its delivery, with one trace', () => {
    const [mail] = lines('mail').filter((line) => line.verdict === 'accepted');
    const trace = mail?.trace;
    expect(mail).toMatchObject({ agent: 'scout', via: 'smtp', code: 'accepted' });
    expect(lines('run')).toMatchObject([
      { trace, agent: 'scout', kind: 'turn', status: 'done', model: 'claude-haiku-5-5', attempt: 1 },
    ]);
    expect(lines('delivery')).toMatchObject([{ trace, state: 'sent', provider: 'maildir', attempt: 1 }]);
    expect(lines('delivery')[0]?.run).toBe(lines('run')[0]?.run);
  });

  it('reads nobody’s address, subject or text in them', () => {
    const log = [...lines('mail'), ...lines('run'), ...lines('delivery')].map((line) => JSON.stringify(line));
    expect(log.length).toBeGreaterThanOrEqual(4);
    expect(log.join('\n')).not.toMatch(/@|private/i);
  });

  it('finds the same in the metrics, without a word of the mails', async () => {
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('tinyfat_mails_total{via="smtp",verdict="accepted"} 1');
    expect(text).toContain('tinyfat_mails_total{via="smtp",verdict="refused"} 1');
    expect(text).toContain('tinyfat_delivery_attempts_total{provider="maildir",state="sent"} 1');
    expect(text).toMatch(/tinyfat_llm_tokens_total\{model="claude-haiku-5-5",kind="output"\} [1-9]/);
    expect(text).toMatch(/process_resident_memory_bytes [1-9]/);
    expect(text).not.toMatch(/@|scout|private/i);
  });

  it('gives metrics to nobody who comes through a proxy', async () => {
    expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(404);
    expect((await get('/metrics', { 'x-forwarded-for': '127.0.0.1' })).status).toBe(404);
  });

  it('sees that the server is alive and ready: database, a real sandbox, listener, queue', async () => {
    expect(await (await get('/health/live')).json()).toEqual({ status: 'ok' });
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ok',
      checks: { disk: 'ok', database: 'ok', sandbox: 'ok', listener: 'ok', queue: 'ok' },
      warnings: {},
    });
  });

  it('gets every page sealed: nothing is framed, sniffed, cached or loaded from elsewhere', async () => {
    const { headers } = await get('/health/live');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
