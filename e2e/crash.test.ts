/** Invariants 1 and 4: kill -9 at any point loses no mail and doubles no reply. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabaseOf } from './support/engine.ts';
import { eventually } from './support/eventually.ts';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { startSmtpSink } from './support/smtp-sink.ts';
import { type Story, startStory } from './support/story.ts';

/** One for each story, so that one server dies in the middle of many. */
const AGENTS = ['thinker', 'worker', 'waiter', 'poisoned', 'finisher', 'filer', 'relayed', 'stopped'];

let story: Story;
beforeAll(async () => {
  story = await startStory({
    agents: Object.fromEntries(AGENTS.map((name) => [name, []])),
    // So that all that die at once are at work at once.
    environment: { WORKERS: '5' },
  });
});
const send = (agent: string, text: string) =>
  sendMail(story.server, { to: `${agent}@tinyfat.localhost`, text });
const firstLine = (mail: ReceivedMail) => mail.text?.split('\n')[0];
const folderOf = async (agent: string): Promise<string> =>
  (await story.server.json(['agent', 'show', agent])).folder;

/** Waits until an agent has sent so many mails; gives them in order. */
async function answers(agent: string, count: number): Promise<ReceivedMail[]> {
  for (let all = count; ; ) {
    const mails = await story.server.answers(all);
    const own = mails.filter(({ from }) => from?.address === `${agent}@tinyfat.localhost`);
    if (own.length >= count) return own;
    all = mails.length + 1;
  }
}

describe('kill -9 of the server', () => {
  beforeAll(async () => {
    const { server, model } = story;
    await send('thinker', '[[gate: thinking]] [[reply: One answer.]]');
    const tool = JSON.stringify({
      command: 'echo done >> /data/effect.txt; (setsid sleep 765432 &) ; echo started',
    });
    await send('worker', `[[tool: bash ${tool}]] [[gate: later]] [[reply: Finished.]]`);
    const reply = JSON.stringify({ body: 'Whole.', log: '[its footer]', status: 'pending' });
    const write = JSON.stringify({
      command: `run=$(sed 's/.*"run_id":"\\([^"]*\\)".*/\\1/' /inbox/input.json) &&
        printf '%s' '${reply}' > /data/outbox/email/$run.json`,
    });
    await send('finisher', `[[gate: thinks]] [[tool: bash ${write}]] [[gate: has written]] [[reply: Late.]]`);
    await send('waiter', '[[gate: first]] [[reply: answer 0]]');
    for (let index = 1; index < 5; index++) await send('waiter', `[[reply: answer ${index}]]`);
    await send('poisoned', '[[gate: poison]]');
    await Promise.all(['thinking', 'later', 'first', 'poison', 'thinks'].map((gate) => model.arrived(gate)));
    expect(readFileSync(join(await folderOf('worker'), 'effect.txt'), 'utf8')).toBe('done\n');
    await server.kill('SIGKILL');
    for (const gate of ['thinking', 'later', 'first']) model.release(gate);
    await server.restart();
    expect(spawnSync('pgrep', ['-f', 'sleep 76543[2]'], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('while the model thinks: the turn is made again, with one reply', async () => {
    const [reply] = await answers('thinker', 1);
    expect(reply?.text).toContain('One answer.');
    const [run] = await story.server.json(['runs', 'thinker']);
    expect(run).toMatchObject({ status: 'done', attempt: 2 });
    await send('thinker', '[[reply: Next.]]');
    expect((await answers('thinker', 2)).map(firstLine)).toEqual(['One answer.', 'Next.']);
  });

  it('after a tool was run: the agent is told what it had done, and everything in the sandbox dies', async () => {
    const replies = await answers('worker', 1);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain('Finished.');
    const bodies = story.model.requests.map(({ body }) => JSON.stringify(body));
    const told = bodies.findLast((body) => body.includes('effect.txt'));
    expect(told).toMatch(/cut off/i);
  });

  it('with mails waiting: none is lost, and their order is kept', async () => {
    expect((await answers('waiter', 5)).map(firstLine)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `answer ${index}`),
    );
  });

  it('again and again with one mail: after three attempts the sender is told, once', async () => {
    const { server, model } = story;
    for (let attempt = 2; attempt <= 3; attempt++) {
      await Promise.all(['poison', 'thinks'].map((gate) => model.arrived(gate, attempt)));
      if (attempt === 3) {
        model.release('thinks');
        await model.arrived('has written');
      }
      await server.restart();
    }
    const [reply] = await answers('poisoned', 1);
    expect(reply?.text).toContain('tried several times');
    expect(await server.json(['mails', 'poisoned'])).toMatchObject([{ state: 'failed' }]);
    await send('poisoned', '[[reply: Alive.]]');
    expect(await answers('poisoned', 2)).toHaveLength(2);
    model.release('poison');
  });

  it('after the reply was written, at the last attempt: it is sent, without the model', async () => {
    const [answer] = await answers('finisher', 1);
    expect(answer?.text).toContain('Whole.');
    expect(answer?.text).toContain('[its footer]');
    expect(await story.server.json(['runs', 'finisher'])).toMatchObject([{ status: 'done', attempt: 4 }]);
    const asked = story.model.requests.filter(({ body }) => JSON.stringify(body).includes('has written'));
    // Once before each death, and once for the tool that wrote it.
    expect(asked).toHaveLength(4);
  });

  it('between sending and filing: the file is put where it belongs, and nothing is sent twice', async () => {
    const { server } = story;
    await send('filer', '[[reply: Kept.]]');
    await answers('filer', 1);
    const { id } = await newestDelivery(server, 'sent', 'filer');
    const outbox = join(await folderOf('filer'), 'outbox');
    await server.kill('SIGKILL');
    // The state that a crash between the two leaves: the row says sent, the file still lies in outbox/email.
    for (const name of readdirSync(join(outbox, 'sent'))) rmSync(join(outbox, 'sent', name));
    const db = await openDatabaseOf(server);
    const { source_file } = await db
      .selectFrom('deliveries')
      .select('source_file')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const text = '{"body":"Kept.","status":"pending"}';
    writeFileSync(join(outbox, 'email', source_file ?? ''), text);
    const source_sha256 = createHash('sha256').update(text).digest('hex');
    await db
      .updateTable('deliveries')
      .set({ state: 'sent', filed: 0, source_sha256 })
      .where('id', '=', id)
      .execute();
    await db.destroy();

    await server.restart();
    await send('filer', '[[reply: Second.]]');
    expect((await answers('filer', 2)).map(firstLine)).toEqual(['Kept.', 'Second.']);
    // A mail is out before its file is moved.
    await eventually(() => readdirSync(join(outbox, 'email'))).toEqual([]);
    expect(readdirSync(join(outbox, 'sent'))).toContain(source_file);
  });

  it('when the relay may have taken the mail: the delivery is uncertain, shown, and not sent again by itself', async () => {
    const { server } = story;
    const sink = await startSmtpSink();
    try {
      const relay = { SMTP_URL: sink.url };
      await server.restart(relay);
      sink.holdAfterData();
      await send('relayed', '[[reply: Perhaps.]]');
      await sink.held();
      await server.kill('SIGKILL');
      sink.releaseAll();
      await server.restart(relay);
      // The server is ready before it has looked for what a dead one left.
      await eventually(() => server.json(['outbox', 'list', 'relayed'])).toMatchObject([
        { state: 'uncertain' },
      ]);
      const list = await server.json(['outbox', 'list', 'relayed']);
      expect(list[0].reason).toMatch(/may or may not/i);
      expect(await server.json(['mails', 'relayed'])).toMatchObject([{ state: 'failed' }]);
      const taken = sink.mails.length;
      await send('relayed', '[[reply: Next.]]');
      await sink.received(taken + 1);
      expect(sink.mails.filter((mail) => mail.text?.includes('Perhaps'))).toHaveLength(taken);
      expect((await server.cli(['outbox', 'retry', list[0].id])).code).toBe(0);
      await sink.received(taken + 2);
      expect(sink.mails.at(-1)?.text).toContain('Perhaps.');
    } finally {
      // The sink waits for those who are connected.
      await server.kill('SIGKILL');
      await sink.close();
    }
  });
});

describe('SIGTERM', () => {
  it('lets the running turn finish, then exits 0', async () => {
    const { server, model } = story;
    await server.restart();
    await send('stopped', '[[gate: turn]] [[reply: In time.]]');
    await model.arrived('turn');
    const before = readdirSync(join(server.dataDir, 'mailbox/new'));
    const stopped = server.kill('SIGTERM');
    model.release('turn');
    await stopped;
    expect(server.exitCode()).toBe(0);
    const replies = readdirSync(join(server.dataDir, 'mailbox/new'));
    expect(replies).toHaveLength(before.length + 1);
  });
});
