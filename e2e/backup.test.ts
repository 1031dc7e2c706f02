/** A backup that is made while mails arrive, restored elsewhere: every mail accepted before is there, agents go on. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startSmtpSink } from './support/smtp-sink.ts';
import { type Story, startStory } from './support/story.ts';
import { MAIN, runCli, startTinyfat } from './support/tinyfat.ts';

let place: string;
let story: Story;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'tinyfat-e2e-backup-'));
  story = await startStory({ agents: { scout: [], busy: [] } });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));
const file = (name: string) => join(place, name);

/** A server on what was restored of an archive; its output has what the command said. */
async function restored(archive: string, words: string[] = [], environment: Record<string, string> = {}) {
  let said = '';
  const { model } = story;
  const server = await startTinyfat({
    environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, ...environment },
    prepare: (dataDir) => {
      said = execFileSync(process.execPath, [MAIN, 'restore', archive, ...words], {
        env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir },
        encoding: 'utf8',
      });
    },
  });
  return { server, said };
}

describe('a backup while mails arrive and a turn runs', () => {
  const accepted: string[] = [];
  let said: Awaited<ReturnType<typeof runCli>>;
  beforeAll(async () => {
    const { server, model } = story;
    const note = JSON.stringify({ command: 'echo the-number-is-42 >> /data/MEMORY.md' });
    await story.ask({ text: `[[tool: bash ${note}]] [[reply: Noted.]]` });
    await server.cli(['key', 'set', '--owner', 'owner@example.com'], `sk-ant-api03-${'a'.repeat(60)}\n`);
    await sendMail(server, { to: 'busy@tinyfat.localhost', text: '[[gate: busy]] [[reply: Late.]]' });
    await model.arrived('busy');
    let isOver = false;
    const flood = (async () => {
      while (!isOver) {
        await sendMail(server, { to: 'scout@tinyfat.localhost', subject: '/status' });
        await pause(50);
      }
    })();
    for (let count = 0; count < 5; count++) {
      accepted.push(await sendMail(server, { to: 'scout@tinyfat.localhost', text: '[[reply: Before.]]' }));
    }
    const words = ['backup', file('b.tar'), '--with-keys', file('keys'), '--wait', '0'];
    said = await runCli(words, { PATH: process.env.PATH ?? '', DATA_DIR: server.dataDir });
    isOver = true;
    await flood;
    model.release('busy');
  });

  it('is one archive that tar reads, without keys; they are in a file of their own', () => {
    expect(said).toMatchObject({ code: 0 });
    expect(said.stderr).toMatch(/A turn was under way in [12] of the folders/);
    expect(statSync(file('b.tar')).mode & 0o777).toBe(0o600);
    const names = execFileSync('tar', ['-tf', file('b.tar')], { encoding: 'utf8' });
    expect(names).toMatch(/tinyfat-backup\/database\.sqlite/);
    expect(names).toMatch(/tinyfat-backup\/agents\/[^/]+\/sessions\/[^/]+\.jsonl/);
    const secret = readFileSync(join(story.server.dataDir, 'master-keys'), 'utf8').trim();
    expect(readFileSync(file('b.tar')).includes(secret)).toBe(false);
    expect(readFileSync(file('keys'), 'utf8')).toContain(`MASTER_KEYS=${secret}`);
    expect(statSync(file('keys')).mode & 0o777).toBe(0o600);
    expect(
      existsSync(join(story.server.dataDir, 'run')) ? readdirSync(join(story.server.dataDir, 'run')) : [],
    ).not.toContain(expect.stringMatching(/^backup/));
  });

  it('restored elsewhere has every mail that was accepted before; the agent answers and remembers', async () => {
    const { server, said: told } = await restored(file('b.tar'), ['--keys', file('keys')]);
    try {
      expect(told).toMatch(/Restored as of 20/);
      expect(told).not.toMatch(/can not be opened/);
      const mails = await server.json(['mails', 'scout', '--limit', '1000']);
      for (const id of accepted) {
        expect(mails).toContainEqual(expect.objectContaining({ message_id: id }));
      }
      const shown = await server.json(['agent', 'show', 'scout']);
      expect(readFileSync(join(shown.folder, 'MEMORY.md'), 'utf8')).toContain('the-number-is-42');
      const id = await sendMail(server, { to: 'scout@tinyfat.localhost', text: '[[reply: Still here.]]' });
      const before = story.model.requests.length;
      for (let count = 1; ; ) {
        const answers = await server.answers(count);
        if (answers.some(({ inReplyTo }) => inReplyTo === id)) break;
        count = answers.length + 1;
      }
      // The session went on: the request holds what was said on the other machine.
      const bodies = story.model.requests.slice(before).map(({ body }) => JSON.stringify(body));
      expect(bodies.find((body) => body.includes('Still here'))).toContain('Noted.');
    } finally {
      await server.dispose();
    }
  });

  it('restored without the keys says which keys of providers can not be opened, and where nothing may be restored', async () => {
    const { server, said: told } = await restored(file('b.tar'));
    try {
      expect(told).toMatch(/1 of 1 stored keys of providers can not be opened/);
      expect(told).toContain('tinyfat key set --owner owner@example.com --provider anthropic');
      const again = await server.cli(['restore', file('b.tar')]);
      expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/Another tinyfat is running/) });
    } finally {
      await server.dispose();
    }
  });
});

it('what waited to be sent when the backup was made is not sent by the restored server, but by the named command', async () => {
  const sink = await startSmtpSink();
  const closed = await startTinyfat({
    agents: { poster: [] },
    environment: {
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: story.model.url,
      SMTP_URL: 'smtp://127.0.0.1:1',
    },
  });
  let server: typeof closed | null = null;
  try {
    await sendMail(closed, { to: 'poster@tinyfat.localhost', text: '[[reply: Waiting.]]' });
    await expect
      .poll(async () => (await closed.json(['outbox', 'list', 'poster']))[0]?.attempts, { timeout: 30_000 })
      .toBeGreaterThan(0);
    expect(await closed.cli(['backup', file('waiting.tar')])).toMatchObject({ code: 0 });
    const made = await restored(file('waiting.tar'), [], { SMTP_URL: sink.url });
    server = made.server;
    const [, id = ''] = /tinyfat outbox retry (\S+)/.exec(made.said) ?? [];
    expect(made.said).toMatch(/1 mails waited to be sent/);
    expect(await server.json(['outbox', 'list', 'poster'])).toMatchObject([{ id, state: 'uncertain' }]);
    await sendMail(server, { to: 'poster@tinyfat.localhost', text: '[[reply: After.]]' });
    await sink.received(1);
    expect(sink.mails.map(({ text }) => text?.split('\n')[0])).toEqual(['After.']);
    expect(await server.cli(['outbox', 'retry', id])).toMatchObject({ code: 0 });
    await sink.received(2);
    expect(sink.mails[1]?.text).toContain('Waiting.');
  } finally {
    await closed.dispose();
    await server?.kill('SIGKILL');
    await server?.dispose();
    await sink.close();
  }
});

it('an agent that is exported and imported on another server goes on with its session and its memory', async () => {
  const { server, model } = story;
  expect(await server.cli(['agent', 'export', 'scout', file('scout.tar')])).toMatchObject({ code: 0 });
  const other = await startTinyfat({
    environment: {
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      MAIL_DOMAIN: 'other.localhost',
      TRUSTED_CLIENTS: '127.0.0.0/8',
    },
  });
  try {
    const words = ['agent', 'import', file('scout.tar'), '--name', 'guide'];
    expect(await other.cli(words)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('guide@other.localhost'),
    });
    expect(await other.cli(words)).toMatchObject({ code: 1, stderr: expect.stringMatching(/--name/) });
    const before = model.requests.length;
    await sendMail(other, { to: 'guide@other.localhost', text: '[[reply: Moved.]]' });
    const [answer] = await other.answers(1);
    expect(model.problems).toEqual([]);
    expect(answer?.text).toContain('Moved.');
    const body = JSON.stringify(
      model.requests.slice(before).find((one) => JSON.stringify(one.body).includes('Moved.'))?.body,
    );
    expect(body).toContain('Noted.');
    expect(body).toContain('the-number-is-42');
    expect(body).toContain('guide@other.localhost');
  } finally {
    await other.dispose();
  }
});
