/** `tinyfat start --role`: three kinds of processes do what one does, and none of them loses or doubles anything. */
import { setTimeout as pause } from 'node:timers/promises';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { postmarkInbound, postPostmark } from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from './support/api.ts';
import { openDatabaseOf } from './support/engine.ts';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { type Several, startSeveral } from './support/several.ts';
import { postForm, readSignInMail } from './support/sign-in.ts';
import { runCli } from './support/tinyfat.ts';
import { OWNER, unsignedMail } from './support/webhooks.ts';

const AGENTS = [
  'middle',
  'other',
  'stopped',
  'drained',
  'slow',
  'joined',
  'flow-a',
  'flow-b',
  'flow-c',
  'flow-d',
];
const AUTH = 'postmark:s3cret-of-the-webhook';

const owner = signingDomain('example.com');
const at = (agent: string) => `${agent}@tinyfat.localhost`;

describe('several processes on one data folder', () => {
  let model: AnthropicStandIn;
  let dns: DnsStub;
  let server: Several;
  let url: string;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    dns = await startDnsStub({ ...owner.records, '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } });
    server = await startSeveral({
      roles: { smtp: 'smtp', platform: 'platform', one: 'worker', two: 'worker' },
      agents: Object.fromEntries(AGENTS.map((name) => [name, []])),
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        DNS_SERVERS: dns.address,
        POSTMARK_WEBHOOK_AUTH: AUTH,
        WORKERS: '3',
      },
    });
    url = `http://${server.host}:8025`;
  });
  afterAll(async () => {
    await server?.dispose();
    await dns?.close();
    await model?.close();
  });

  const send = (agent: string, text: string) => sendMail(server, { to: at(agent), text });
  const firstLine = (mail: ReceivedMail) => mail.text?.split('\n')[0];

  /** Waits until an agent has sent so many mails. */
  async function answers(agent: string, count: number): Promise<ReceivedMail[]> {
    for (let all = count; ; ) {
      const mails = await server.answers(all);
      const own = mails.filter(({ from }) => from?.address === at(agent));
      if (own.length >= count) return own;
      all = mails.length + 1;
    }
  }

  /** The process that runs the turn of an agent. */
  async function runnerOf(agent: string): Promise<string> {
    const db = await openDatabaseOf(server);
    try {
      const { leased_by } = await db
        .selectFrom('jobs')
        .innerJoin('agents', 'agents.id', 'jobs.agent_id')
        .select('leased_by')
        .where('agents.name', '=', agent)
        .where('jobs.state', '=', 'running')
        .executeTakeFirstOrThrow();
      return server.nameOf(Number(leased_by?.split('.')[1]));
    } finally {
      await db.destroy();
    }
  }

  it('each say what they do and what they do not, and how they are', async () => {
    const said = (name: string) => server.processes[name]?.output() ?? '';
    expect(said('smtp')).toMatch(/^Role +smtp: takes mail by SMTP$/m);
    expect(said('smtp')).toMatch(/^Not here +worker: .*\(tinyfat start --role worker\)$/m);
    expect(said('smtp')).not.toContain('Mail out');
    expect(said('platform')).toContain(`Sign in      ${url}`);
    expect(said('platform')).not.toContain('Mail in      SMTP');
    expect(said('one')).toMatch(/^Mail out +Maildir/m);
    const checks = async (name: string) => {
      const ready = /^Health +(\S+)$/m.exec(said(name))?.[1] ?? '';
      const answer = await fetch(ready);
      expect([name, answer.status]).toEqual([name, 200]);
      expect((await fetch(new URL('/api/v1/agents', ready))).status).toBe(name === 'platform' ? 401 : 404);
      const { checks } = (await answer.json()) as { checks: object };
      return Object.keys(checks);
    };
    expect(await checks('smtp')).toEqual(['disk', 'database', 'listener']);
    expect(await checks('platform')).toEqual(['disk', 'database']);
    expect(await checks('two')).toEqual(['disk', 'database', 'sandbox', 'queue']);
  });

  it('answer a mail, sign a person in and serve the API', async () => {
    const asked = ['send', '--to', 'other', '--from', OWNER, '--subject', 'Hi', '--wait'];
    const sent = await server.cli(asked, '[[reply: From one of them.]]');
    expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining('From one of them.') });
    await postForm(server, '/sign-in', { address: OWNER });
    const mails = await server.answers(2);
    const letter = mails.find(({ text }) => text?.includes('/sign-in/confirm'));
    if (!letter) throw new Error('there is no sign-in mail');
    const { token } = readSignInMail(letter);
    const { cookie } = await postForm(server, '/sign-in/confirm', { token });
    const page = await fetch(url, { headers: { cookie } });
    expect(await page.text()).toContain('flow-a');
    const api = await apiClient(server, OWNER);
    expect((await api.get('/agents')).json.data).toHaveLength(AGENTS.length);
  });

  it('keep a server with all roles from the folder', async () => {
    const refused = await runCli(['start'], { ...server.environment });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Another tinyfat is running') });
  });

  it('a turn is stopped in the worker that runs it, by the process that serves the API', async () => {
    await send('stopped', '[[gate: stopped]] [[reply: Too late.]]');
    await model.arrived('stopped');
    const api = await apiClient(server, OWNER);
    const [{ id }] = (await api.get('/runs?agent=stopped')).json.data;
    expect((await api.call('POST', `/runs/${id}/stop`)).status).toBe(202);
    const [told] = await answers('stopped', 1);
    model.release('stopped');
    expect(told?.text).toContain('stopped the turn before it had ended');
    expect((await api.get(`/runs/${id}`)).json).toMatchObject({ attempt: 1, error_code: 'run_stopped' });
    expect((await api.call('POST', `/runs/${id}/stop`)).status).toBe(409);
  });

  it('a worker that is killed in a turn: another one makes it again at once, and the others go on', async () => {
    await send('middle', '[[gate: middle]] [[reply: Once.]]');
    await model.arrived('middle');
    const first = await runnerOf('middle');
    await server.processes[first]?.kill('SIGKILL');
    await send('other', '[[reply: Meanwhile.]]');
    expect((await answers('other', 2)).map(firstLine)).toContain('Meanwhile.');
    await model.arrived('middle', 2);
    const second = await runnerOf('middle');
    expect([first, second].toSorted()).toEqual(['one', 'two']);
    model.release('middle');
    expect((await answers('middle', 1)).map(firstLine)).toEqual(['Once.']);
    expect(await server.json(['runs', 'middle'])).toMatchObject([{ status: 'done', attempt: 2 }]);

    await server.processes[first]?.start();
    await server.processes[second]?.kill('SIGTERM');
    await send('joined', '[[reply: By the one that came back.]]');
    expect((await answers('joined', 1)).map(firstLine)).toEqual(['By the one that came back.']);
    await server.processes[second]?.start();
  });

  it('a worker that is stopped finishes its turn, and takes no other', async () => {
    await send('drained', '[[gate: drained]] [[reply: Finished.]]');
    await model.arrived('drained');
    const name = await runnerOf('drained');
    const stopped = server.processes[name]?.kill('SIGTERM');
    await send('slow', '[[gate: slow]] [[reply: Elsewhere.]]');
    await model.arrived('slow');
    expect(await runnerOf('slow')).not.toBe(name);
    model.release('drained');
    model.release('slow');
    await stopped;
    expect(server.processes[name]?.exitCode()).toBe(0);
    expect((await answers('drained', 1)).map(firstLine)).toEqual(['Finished.']);
    expect(await server.json(['runs', 'drained'])).toMatchObject([{ status: 'done', attempt: 1 }]);
    expect((await answers('slow', 1)).map(firstLine)).toEqual(['Elsewhere.']);
    await server.processes[name]?.start();
  });

  it('any of them killed while mails flow: what was taken is answered once', async () => {
    const flow = AGENTS.filter((name) => name.startsWith('flow-'));
    const taken: string[] = [];
    const before = (await server.answers(0)).length;
    /** As a sender's server does: again after a while, until it is taken. */
    const until = async (take: () => Promise<boolean>) => {
      while (!(await take().catch(() => false))) await pause(50);
    };
    const mailing = flow.map(async (agent, lane) => {
      for (let index = 0; index < 4; index++) {
        const messageId = `<${lane}-${index}@example.com>`;
        const text = `[[reply: ${lane}-${index}]]`;
        const mail = { to: at(agent), messageId, text };
        if (lane % 2 === 0) {
          await until(async () => (await sendMail(server, mail)) !== '');
        } else {
          const raw = await owner.sign(unsignedMail(text, { To: at(agent), 'Message-ID': messageId }));
          const event = { ...postmarkInbound({ raw, from: OWNER, to: [at(agent)] }) };
          await until(async () => (await postPostmark(url, event, AUTH)).status === 200);
        }
        taken.push(`${lane}-${index}`);
      }
    });
    // After so many were taken, in an order that shows each kind dying early and late.
    const kills = ['smtp', 'one', 'platform', 'two', 'smtp', 'one', 'platform'];
    for (const [index, name] of kills.entries()) {
      while (taken.length < 2 * index) await pause(5);
      await server.processes[name]?.kill('SIGKILL');
      await server.processes[name]?.start();
    }
    await Promise.all(mailing);
    const mails = await server.answers(before + taken.length);
    const replies = mails.filter(({ from }) => flow.some((agent) => from?.address === at(agent)));
    expect(replies.map(firstLine).toSorted()).toEqual(taken.toSorted());
    for (const agent of flow) {
      const states = (await server.json(['mails', agent])).map(({ state }: { state: string }) => state);
      expect(states.filter((state: string) => state !== 'duplicate')).toEqual(Array(4).fill('replied'));
    }
    expect(model.problems).toEqual([]);
  });
});
