/** What the pages of runs ask and show. */
import { addUsage, endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { readAgain, runOnceMore } from './again.ts';
import { readRun, stepHref } from './read-run.ts';
import { readRuns, runTook } from './read-runs.ts';
import { contextText, kindText, runTokensText, runWord } from './run-words.ts';
import { stopOnce } from './stop.ts';

describe('the pages of runs', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('bobs', BOB);
    await api.addMail('r-1', { subject: 'Weather' });
  });
  afterEach(() => api.dispose());

  const asked = (address = ANN) =>
    createAsk(api.deps)({
      viewer: { address, isAdmin: false },
      request: new Request('http://test.example/runs'),
      from: { clientAddress: '192.0.2.7', local: false },
      reservation: api.budget.open(),
    });
  const query = (text: string) => new URLSearchParams(text);
  const ends = (change: object = {}) =>
    endRun(api.db, 'r-1', { status: 'done', finished_at: api.now, ...change });
  async function happens(count: number, last = '{"type":"end"}') {
    const at = new Date(api.now).toISOString();
    const lines = Array.from(
      { length: count },
      (_, index) => `{"type":"text","content":"t${index}","timestamp":"${at}"}`,
    );
    const file = ['{"type":"start","run_id":"r-1"}', ...lines, last].join('\n');
    await api.folders.write('scout', 'events/2026-11-27T12-00-01-000Z.jsonl', `${file}\n`);
  }
  async function page(search = '', address = ANN) {
    const read = await readRun(asked(address), 'r-1', query(search));
    if (!read.ok) throw new Error(read.code);
    const { steps, shown, chosen, run } = read.page;
    const texts = steps?.timeline.attempts.flatMap((attempt) => attempt.steps.map(({ text }) => text)) ?? [];
    return { run, steps, shown, chosen, texts };
  }

  it('list runs by agent and status, and pass over a status that there is not', async () => {
    await ends();
    await api.addMail('r-2', { agent_id: 'scout' });
    const ids = async (search: string) => {
      const read = await readRuns(asked(), query(search));
      return read.ok ? read.page.runs.map(({ id }) => id) : read.code;
    };
    expect(await ids('')).toEqual(['r-2', 'r-1']);
    expect(await ids('status=done&agent=scout')).toEqual(['r-1']);
    expect(await ids('status=odd')).toEqual(['r-2', 'r-1']);
    expect(await ids('agent=bobs')).toBe('not_found');
    expect(await ids('cursor=odd')).toBe('invalid_request');
  });

  it('show the first steps of a run that is done, the last ones of one that failed or goes on', async () => {
    await happens(450, '{"type":"error","code":"llm_stalled","message":"It stopped."}');
    const live = await page();
    expect([live.texts.length, live.shown?.text, live.steps?.later]).toEqual([120, 'It stopped.', null]);
    expect(live.steps).toMatchObject({ before: 332, earlier: '?after=212' });
    await ends();
    const done = await page();
    expect([done.texts[0], done.steps?.earlier, done.steps?.later]).toEqual(['t0', null, '?after=120']);
    const next = await page('after=120');
    expect([next.texts[0], next.steps?.earlier]).toEqual(['t119', '?after=0']);
    await ends({ status: 'failed' });
    expect((await page()).shown).toMatchObject({ kind: 'error', text: 'It stopped.' });
  });

  it('show the step that the address names, where it is on the page', async () => {
    await happens(3);
    expect(await page('step=3')).toMatchObject({ chosen: true, shown: { key: 3, text: 't1' } });
    for (const odd of ['step=99', 'step=x', 'step=-1', 'after=x']) {
      expect(await page(odd)).toMatchObject({ chosen: false, shown: { text: 't2' } });
    }
    expect([stepHref(3, 0), stepHref(203, 200)]).toEqual(['?step=3#step', '?after=200&step=203#step']);
  });

  it('are not there for anybody else', async () => {
    for (const read of [
      readRun(asked(BOB), 'r-1', query('')),
      readAgain(asked(BOB), 'r-1'),
      runOnceMore(asked(BOB), 'r-1', query('text=x')),
    ]) {
      expect(await read).toMatchObject({ ok: false, status: 404 });
    }
  });

  it('run a mail again: a text that was not changed is the mail as it came', async () => {
    await ends();
    await api.rawMail.put('raw-again', new TextEncoder().encode('Subject: x\r\n\r\nOne\r\nTwo\r\n'));
    await api.db.updateTable('mails').set({ raw_key: 'raw-again' }).execute();
    const read = await readAgain(asked(), 'r-1');
    if (!read.ok || read.text === null) throw new Error('no text');
    const { shown, sha256 } = read.text;
    expect(shown.trim()).toBe('One\nTwo');
    // As a browser sends the field.
    const fields = (text: string, again = '') =>
      new URLSearchParams({ text: text.replaceAll('\n', '\r\n'), before: sha256, again });
    const same = await runOnceMore(asked(), 'r-1', fields(shown));
    if (!same.ok) throw new Error(same.code);
    expect((await api.person(ANN).get(`/runs/${same.run}`)).json).toMatchObject({ edited_text: null });
    // Sent twice it is one run, also where that has ended by then; with another text it is asked again.
    expect(await runOnceMore(asked(), 'r-1', fields(shown))).toEqual(same);
    expect(await runOnceMore(asked(), 'r-1', fields('Other'))).toMatchObject({ code: 'conflict' });
    await endRun(api.db, same.run, { status: 'done', finished_at: api.now });
    await api.db.updateTable('jobs').set({ state: 'done' }).execute();
    expect(await runOnceMore(asked(), 'r-1', fields(shown))).toEqual(same);
    const other = await runOnceMore(asked(), 'r-1', fields('Another\ntext', same.run));
    if (!other.ok) throw new Error(other.code);
    expect((await api.person(ANN).get(`/runs/${other.run}`)).json.edited_text).toBe('Another\ntext');
    // The edited one is what is begun with from then on.
    await endRun(api.db, other.run, { status: 'done', finished_at: api.now });
    expect(await readAgain(asked(), other.run)).toMatchObject({ text: { shown: 'Another\ntext' } });
  });

  it('stop a run by a form that is sent twice, and say where it had ended by itself', async () => {
    await api.db.updateTable('jobs').set({ state: 'running' }).execute();
    expect(await stopOnce(asked(), 'r-1')).toMatchObject({ ok: true });
    await ends({ status: 'failed', error_code: 'run_stopped' });
    await api.db.updateTable('jobs').set({ state: 'failed' }).execute();
    expect(await stopOnce(asked(), 'r-1')).toMatchObject({ ok: true });
    await ends({ error_code: null });
    expect(await stopOnce(asked(), 'r-1')).toMatchObject({ code: 'conflict' });
    expect(await stopOnce(asked(BOB), 'r-1')).toMatchObject({ status: 404 });
  });

  it('say in words how a run is and what it used', async () => {
    await addUsage(api.db, 'r-1', {
      input: 20,
      output: 7,
      cacheRead: 3000,
      cacheWrite: 0,
      costUsd: 0,
      requests: 1,
    });
    const { run } = await page();
    expect([runWord(run).label, runTokensText(run), kindText(run)]).toEqual([
      'running',
      '3.0k in, 7 out',
      'turn',
    ]);
    expect(runWord({ ...run, stop_asked_at: run.started_at }).label).toBe('stopping');
    expect(runWord({ ...run, status: 'failed', error_code: 'run_stopped' })).toEqual({
      label: 'stopped',
      tone: 'quiet',
    });
    expect(runWord({ ...run, status: 'failed' }).label).toBe('failed');
    expect([
      contextText(null, 200_000),
      contextText(300, 200_000),
      contextText(50_000, 200_000),
      contextText(5, null),
    ]).toEqual(['unknown', '300 of 200k (<1%)', '50.0k of 200k (25%)', '5']);
    expect(runTook({ ...run, status: 'waiting' }, 0)).toBe('');
  });
});
