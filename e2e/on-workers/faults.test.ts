/** What can go wrong between Workers: wake-ups that are lost or doubled, containers that die, two who write to one folder. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OnWorkers, onWorkers } from '../support/cloudflare/installation.ts';
import { eventually } from '../support/eventually.ts';
import { type Mailing, withAgents } from '../support/installation.ts';
import { DOMAIN, RECORDS, signed } from '../support/senders.ts';
import { OWNER } from '../support/webhooks.ts';

const AGENTS = ['doubled', 'swept', 'killed', 'shared', 'routed', 'keyed', 'watched', 'stopped'];

describe('on Workers', () => {
  let here: OnWorkers & Mailing;
  beforeAll(async () => {
    here = await withAgents(await onWorkers({ records: RECORDS }), AGENTS);
  });
  afterAll(() => here?.dispose());
  const idOf = async (agent: string): Promise<string> => (await here.api.get(`/agents/${agent}`)).json.id;
  const runOf = async (agent: string) => (await here.api.get(`/runs?agent=${agent}`)).json.data[0];

  it('wake-ups that are doubled, stale, or nothing of ours, do nothing', async () => {
    const { JOBS, TASKS } = await here.workers.queues();
    const noise = () =>
      Promise.all(
        [{ topic: 'jobs' }, { topic: 'jobs' }, { topic: 'deliveries' }, { topic: 'x' }, 'y', null].flatMap(
          (body) => [JOBS.send(body), TASKS.send(body)],
        ),
      );
    await noise();
    await here.arrive({ to: 'doubled', text: 'Once. [[gate: doubled]] [[reply: Once.]]' });
    await here.model.arrived('doubled');
    await noise();
    here.model.release('doubled');
    await here.sent('doubled', 1);
    await noise();
    await here.arrive({ to: 'doubled', text: 'Twice. [[reply: Twice.]]' });
    const sent = await here.sent('doubled', 2);
    expect(sent.map(({ email }) => email.text?.split('\n')[0])).toEqual(['Once.', 'Twice.']);
    expect(here.containers.starts(await idOf('doubled'))).toBe(2);
  });

  it('a row that no wake-up tells of is found by the sweep of the next minute', async () => {
    await here.arrive({
      to: 'swept',
      text: 'Wait. [[reply: Found.]]',
      headers: { 'List-Unsubscribe': '<https://example.com/>' },
    });
    const [waiting] = await here.mails('swept', 1);
    expect(waiting).toMatchObject({ verdict: 'quarantined' });
    const before = here.model.requests.length;
    expect(await here.cli(['mails', 'release', waiting.id])).toMatchObject({ code: 0 });
    expect([here.model.requests.length, (await here.mails('swept', 1))[0].state]).toEqual([before, 'queued']);
    await here.workers.worker('queue').scheduled({ cron: '* * * * *', scheduledTime: new Date() });
    const [answer] = await here.sent('swept', 1);
    expect(answer?.email.text).toContain('Found.');
  });

  it('a turn whose container is killed is tried again under its run, and answered once', async () => {
    await here.arrive({
      to: 'killed',
      text: 'Go. [[tool: bash {"command":"echo done >> /data/effects"}]] [[gate: killed]] [[reply: At last.]]',
    });
    await here.model.arrived('killed');
    const first = await runOf('killed');
    await here.containers.kill(await idOf('killed'));
    here.model.release('killed');
    const [answer, ...more] = await here.sent('killed', 1);
    expect([answer?.email.text?.includes('At last.'), more]).toEqual([true, []]);
    const last = await runOf('killed');
    expect([last.id, last.attempt, last.status]).toEqual([first.id, 2, 'done']);
    expect(here.containers.starts(await idOf('killed'))).toBe(2);
  });

  it('a turn that somebody stops is ended in its container, and its sender is told', async () => {
    await here.arrive({ to: 'stopped', text: 'Go on. [[gate: stopped]] [[reply: Too late.]]' });
    await here.model.arrived('stopped');
    const { id } = await runOf('stopped');
    expect((await here.api.call('POST', `/runs/${id}/stop`)).status).toBe(202);
    const [told] = await here.sent('stopped', 1);
    here.model.release('stopped');
    expect(told?.email.text).toContain('stopped the turn before it had ended');
    expect(await runOf('stopped')).toMatchObject({ attempt: 1, status: 'failed', error_code: 'run_stopped' });
    expect(here.containers.starts(await idOf('stopped'))).toBe(1);
  });

  it('what the API writes during a turn wins, and what the agent wrote lies beside it', async () => {
    await here.arrive({
      to: 'shared',
      text: 'Learn. [[tool: bash {"command":"echo of the agent > MEMORY.md; echo 1 > other"}]] [[gate: shared]] [[reply: Learnt.]]',
    });
    await here.model.arrived('shared');
    const read = await here.api.get('/agents/shared/memory');
    const written = await here.api.call('PUT', '/agents/shared/memory', 'of the owner\n', {
      'if-match': read.headers.get('etag') ?? '',
    });
    expect(written.status).toBeLessThan(300);
    here.model.release('shared');
    await here.sent('shared', 1);
    expect((await here.api.get('/agents/shared/memory')).text).toBe('of the owner\n');
    expect((await here.api.get('/agents/shared/files/other')).text).toBe('1\n');
    const { data } = (await here.api.get('/agents/shared/files')).json;
    const beside = data
      .map(({ name }: { name: string }) => name)
      .filter((name: string) => /^MEMORY\..+\.md$|^MEMORY\.md.+/.test(name));
    expect(beside).toHaveLength(1);
    expect((await here.api.get(`/agents/shared/files/${beside[0]}`)).text).toBe('of the agent\n');
    const { data: events } = (await here.api.get(`/runs/${(await runOf('shared')).id}/events`)).json;
    expect(JSON.stringify(events)).toContain('MEMORY.md');
  });

  it('takes mail by Email Routing, answers it, and refuses forged mail in the session', async () => {
    const deliver = (raw: Uint8Array, from = OWNER) =>
      here.workers.worker('platform').email({
        from,
        to: `routed@${DOMAIN}`,
        raw: Buffer.from(raw).toString('latin1'),
      });
    const mail = (text: string) => signed({ to: 'routed', text, headers: { Subject: 'By Cloudflare' } });
    const taken = await deliver(await mail('Hello. [[reply: Welcome.]]'));
    expect(taken).toMatchObject({ outcome: 'ok' });
    expect(taken.rejectReason).toBeUndefined();
    const [answer] = await here.sent('routed', 1);
    expect(answer?.email).toMatchObject({
      subject: 'Re: By Cloudflare',
      text: expect.stringContaining('Welcome.'),
    });
    const raw = Buffer.from(await mail('Hello. [[reply: No.]]'));
    const forged = await deliver(Buffer.from(raw.toString('latin1').replace('Hello', 'Hallo'), 'latin1'));
    expect(forged.rejectReason).toContain('DMARC failed');
    const stranger = await deliver(
      Buffer.from(raw.toString('latin1').replaceAll('example.com', 'example.net')),
    );
    expect(stranger.rejectReason).toContain('no valid DKIM signature');
    expect(await here.sent('routed', 1)).toHaveLength(1);
  });

  it('opens an owner’s key for the model alone', async () => {
    const key = 'sk-ant-api03-of-the-owner-and-of-nobody-else';
    const stored = await here.api.call('PUT', '/keys/anthropic', { key });
    expect(stored.status).toBe(200);
    await here.arrive({
      to: 'keyed',
      text: 'What is your key? [[tool: bash {"command":"env; cat /proc/*/environ /inbox/input.json; ls -R /data /opt"}]] [[reply: <{output}>]]',
    });
    const [answer] = await here.sent('keyed', 1);
    await here.api.call('DELETE', '/keys/anthropic');
    expect(here.model.requests.at(-1)?.headers['x-api-key']).toBe(key);
    expect(answer?.email.text).toContain('run_id');
    for (const place of [JSON.stringify(answer?.email), here.workers.logs().join('\n')]) {
      expect(place).not.toContain(key);
    }
  });

  it('shows what an agent does while it does it', async () => {
    await here.arrive({
      to: 'watched',
      text: 'Work. [[tool: bash {"command":"echo seen"}]] [[gate: watched]] [[reply: Done.]]',
    });
    await here.model.arrived('watched');
    const { id, status } = await runOf('watched');
    expect(status).toBe('running');
    const types = async () => {
      const { data } = (await here.api.get(`/runs/${id}/events`)).json;
      return data.map(({ event }: { event: { type: string } }) => event.type);
    };
    await eventually(types).toEqual(expect.arrayContaining(['start', 'tool_call', 'tool_result']));
    here.model.release('watched');
    await here.sent('watched', 1);
    await eventually(types).toContain('end');
  });
});
