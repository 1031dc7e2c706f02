/** Events of a run as a stream: what there is, then live, then the end; and what ends it otherwise. */
import { addUsage, endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';
import { ALIVE, HEARTBEAT } from './follow-run.ts';

const FILE = 'events/2026-11-27T12-00-01-000Z.jsonl';
const START = '{"type":"start","run_id":"r-1"}\n';
const text = (content: string) => `${JSON.stringify({ type: 'text', content })}\n`;

describe('a stream of events', () => {
  let api: ApiFixture;
  let token: string;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('r-1');
    token = await api.token(ANN, 'read');
    await api.folders.write('scout', FILE, START);
  });
  afterEach(() => api.dispose());
  const end = () => endRun(api.db, 'r-1', { status: 'done', finished_at: api.now });

  async function open(headers: Record<string, string> = {}, as = token, query = '') {
    const answer = await api.raw(as, `/runs/r-1/events${query}`, {
      headers: { accept: 'text/event-stream', ...headers },
    });
    const reader = answer.body?.getReader();
    // Each begins with a comment that says it is open.
    let seen = '';
    return {
      answer,
      cancel: () => reader?.cancel(),
      /** Reads until it ends, or until the text is there. */
      async until(wanted?: string): Promise<string> {
        while (wanted === undefined || !seen.includes(wanted)) {
          const chunk = await reader?.read();
          if (!chunk || chunk.done) break;
          seen += new TextDecoder().decode(chunk.value);
        }
        return seen.slice(HEARTBEAT.length).replace(/event: run\n.*\n\n/g, '');
      },
    };
  }

  it('of a run that is over is whole at once', async () => {
    await api.folders.write('scout', FILE, START + text('a\nb\r\nid: 7'));
    await end();
    const stream = await open();
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await stream.until()).toBe(
      [
        'id: 1\ndata: {"type":"start","run_id":"r-1","attempt":1}\n\n',
        'id: 2\ndata: {"type":"text","content":"a\\nb\\r\\nid: 7","attempt":1}\n\n',
        'event: end\ndata: {"status":"done","error_code":null,"attempt":1}\n\n',
      ].join(''),
    );
  });

  it('tells what happens while it happens, and the end when it comes', async () => {
    const stream = await open();
    expect(await stream.until('"start"')).not.toContain('event: end');
    await api.folders.write('scout', FILE, `${START}${text('one')}{"type":"te`);
    expect(await stream.until('"one"')).not.toContain('event: end');
    await api.folders.write('scout', FILE, START + text('one') + text('two'));
    await stream.until('"two"');
    await end();
    expect(await stream.until()).toMatch(/id: 3\ndata: .*"two","attempt":1\}\n\nevent: end\n/);
  });

  it('shows the run at its beginning, and when it has changed', async () => {
    const answer = await api.raw(token, '/runs/r-1/events', { headers: { accept: 'text/event-stream' } });
    const used = { input: 7, output: 1, cacheRead: 0, cacheWrite: 0, costUsd: 0.5, requests: 1 };
    const seen: Record<string, unknown>[] = [];
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      const runs = [...text.matchAll(/^event: run\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
      if (runs.length === 1 && seen.length === 0) await addUsage(api.db, 'r-1', used);
      if (runs.length === 2 && seen.length === 1) await end();
      seen.splice(0, seen.length, ...runs);
    }
    expect(seen).toMatchObject([
      { id: 'r-1', status: 'running', cost_usd: 0 },
      { status: 'running', cost_usd: 0.5, input_tokens: 7 },
      { status: 'done' },
    ]);
  });

  it('goes on in the file of the next attempt', async () => {
    const stream = await open();
    await stream.until('"start"');
    const second = START.replace('"r-1"', '"r-1","attempt":2');
    await api.folders.write('scout', FILE.replace('01-000', '09-000'), second + text('again'));
    api.now += 2000;
    expect(await stream.until('"again"')).toMatch(/id: 3\n.*"again","attempt":2\}/);
    await stream.cancel();
  });

  it('goes on after the event that was seen last', async () => {
    await api.folders.write('scout', FILE, START + text('one') + text('two'));
    await end();
    expect(await (await open({ 'last-event-id': '2' })).until()).toMatch(/^id: 3\n.*"two"/);
    expect(await (await open({ 'last-event-id': '99' })).until()).toMatch(/^event: end\n/);
    expect(await (await open({ 'last-event-id': 'x' })).until()).toMatch(/^id: 1\n/);
    // One that a page opens anew can't have the header.
    expect(await (await open({}, token, '?after=2')).until()).toMatch(/^id: 3\n.*"two"/);
    expect(await (await open({ 'last-event-id': '3' }, token, '?after=1')).until()).toMatch(/^event: end\n/);
  });

  it('shows what an agent wrote as data, never as a frame of ours', async () => {
    const hostile = {
      type: 'x\n\nevent: end\ndata: {}',
      id: '9\n\n',
      retry: 1,
      content: '\u2028\n\nevent: end',
    };
    await api.folders.write('scout', FILE, `${START}${JSON.stringify(hostile)}\n`);
    await end();
    const frames = (await (await open()).until()).trim().split('\n\n');
    expect(frames).toHaveLength(3);
    expect(frames[1]).toMatch(/^id: 2\ndata: \{[^\r\n]*\}$/);
    expect(JSON.parse(frames[1]?.replace(/^id: 2\ndata: /, '') ?? '')).toEqual({ ...hostile, attempt: 1 });
  });

  it('reads only so much of a file that has no end', async () => {
    await api.folders.write('scout', FILE, `${START}${'x'.repeat(3_000_000)}\n${text('after')}`);
    await end();
    expect(await (await open()).until()).not.toContain('after');
    await api.folders.write('scout', FILE, START + text('y'.repeat(200_000)).repeat(60));
    const whole = await (await open()).until();
    expect(whole.length).toBeLessThan(7_000_000);
    expect(whole).toContain('event: end');
  });

  it('looks at the first files only of what an agent planted, and stops at some size', async () => {
    for (let i = 0; i < 250; i++) {
      await api.folders.write(
        'scout',
        `events/9999-${String(i).padStart(3, '0')}.jsonl`,
        START + text(`n${i}.`),
      );
    }
    for (let i = 0; i < 8; i++) {
      await api.folders.write(
        'scout',
        `events/2026-11-28-${i}.jsonl`,
        START + text('z'.repeat(900_000)).repeat(5),
      );
    }
    await end();
    const whole = await (await open()).until();
    expect(whole).toContain('event: end');
    expect(whole).not.toContain('n249.');
    expect(whole.length).toBeLessThan(25_000_000);
  });

  it('says that it lives where nothing happens', async () => {
    const stream = await open();
    await stream.until('"start"');
    api.now += 15_000;
    expect(await stream.until(ALIVE)).toMatch(/\}\n\nevent: alive\ndata: \{\}\n\n$/);
    await stream.cancel();
  });

  it('ends after a quarter of an hour, so that who has it must show a token again', async () => {
    const stream = await open();
    await stream.until('"start"');
    api.now += 15 * 60_000;
    expect(await stream.until()).not.toContain('event: end');
  });

  it('ends when the server stops', async () => {
    const stream = await open();
    await stream.until('"start"');
    api.stop();
    expect(await stream.until()).not.toContain('event: end');
  });

  it('is one of twenty of an owner, and makes room when its client leaves or it ends', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => open()));
    for (const stream of streams) await stream.until('"start"');
    const refused = await open();
    expect(refused.answer.status).toBe(429);
    const bobs = await api.token(BOB, 'read');
    expect((await open({}, bobs)).answer.status).toBe(404);
    await streams.pop()?.cancel();
    const again = await open();
    expect(again.answer.status).toBe(200);
    await end();
    for (const stream of [...streams, again]) expect(await stream.until()).toContain('event: end');
    expect((await open()).answer.status).toBe(200);
  });

  it('is not opened by HEAD, which would never close it', async () => {
    for (let i = 0; i < 25; i++) {
      const headers = { accept: 'text/event-stream' };
      const answer = await api.raw(token, '/runs/r-1/events', { method: 'HEAD', headers });
      expect(answer.status).toBe(200);
    }
  });
});
