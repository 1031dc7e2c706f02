/** Agents' folders and raw mail in a bucket: the same story as on disk, and nothing of an agent stays on the machine. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';
import { runCli } from './support/tinyfat.ts';

const settings = (standIn: S3StandIn) => ({
  STORAGE: `s3://${standIn.bucket}/tinyfat`,
  STORAGE_ENDPOINT: standIn.url,
  STORAGE_REGION: 'auto',
  STORAGE_ACCESS_KEY_ID: standIn.accessKeyId,
  STORAGE_SECRET_ACCESS_KEY: standIn.secretAccessKey,
  STORAGE_TURN_CREDENTIALS: 'r2',
});
const bash = (command: string) => `[[tool: bash ${JSON.stringify({ command })}]]`;

describe('with STORAGE on a bucket', async () => {
  const standIn = await startS3StandIn();
  afterAll(() => standIn.close());
  const { model, server, ask } = await startStory({
    agents: { scout: [], hostile: [], parted: [] },
    environment: settings(standIn),
  });
  const idOf = async (name: string): Promise<string> => (await server.json(['agent', 'show', name])).id;
  const keysOf = async (name: string) => {
    const prefix = `tinyfat/agents/${await idOf(name)}/`;
    return [...standIn.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  };
  const stored = async (name: string, path: string) =>
    standIn.objects.get(`tinyfat/agents/${await idOf(name)}/${path}`)?.bytes.toString();
  const onDisk = () =>
    readdirSync(server.dataDir, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /^(agents|raw-mail|run\/[^/]+\/turns)\/./.test(path),
    );

  it('a mail is answered, the next ones go on with session and memory, and the disk has nothing of it', async () => {
    const first = await ask({
      text: `Remember mango. ${bash('mkdir notes; echo 1 > notes/one.txt')} [[reply: Noted.]]`,
    });
    expect(first.text).toContain('Noted.');
    expect(onDisk()).toEqual([]);
    expect(await stored('scout', 'notes/one.txt')).toBe('1\n');
    const look = bash("cat notes/one.txt; rm -r notes; echo 'The word is papaya.' >> MEMORY.md");
    const second = await ask({ text: `What was it? ${look} [[reply: <{output}>]]` });
    expect(second.text).toContain('<1');
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Remember mango.');
    const keys = await keysOf('scout');
    expect(keys.filter((key) => key.startsWith('notes/'))).toEqual([]);
    expect(keys.filter((key) => /^sessions\/.+\.jsonl$/.test(key))).toHaveLength(1);
    await ask({ subject: '/clear', text: '' });
    await ask({ text: 'Another matter. [[reply: Yes.]]' });
    const asked = JSON.stringify(model.requests.at(-1)?.body);
    expect([asked.includes('The word is papaya.'), asked.includes('mango')]).toEqual([true, false]);
    expect(onDisk()).toEqual([]);
    expect(existsSync(join(server.dataDir, 'agents'))).toBe(false);
    expect([...standIn.objects.keys()].filter((key) => key.includes('raw-mail/')).length).toBeGreaterThan(5);
    expect(server.output()).not.toContain(standIn.secretAccessKey);
  });

  it('the folder of a turn is reached by credentials of that folder alone', async () => {
    const id = await idOf('scout');
    const temporary = standIn.requests.filter((request) => request.temporary);
    expect(temporary.length).toBeGreaterThan(10);
    for (const { key, query } of temporary) {
      expect(`${key} ${decodeURIComponent(query)}`).toMatch(/tinyfat\/agents\/|\?delete/);
    }
    expect(temporary.some(({ key }) => key.startsWith(`tinyfat/agents/${id}/`))).toBe(true);
  });

  it('a hostile folder is bounded, and the run says what was left out', async () => {
    const commands = [
      'ln -s /etc/passwd passwd; ln -s / root; ln -s ../../.. up',
      "touch \"$(printf 'new\\nline')\" '..x' '%2e%2e'",
      'echo x > one; ln one two; mkfifo pipe; truncate -s 100M huge; chmod 0 one',
    ];
    const to = 'hostile@tinyfat.localhost';
    const reply = await ask({ to, text: `${bash(commands.join('; '))} [[reply: Done.]]` });
    expect(reply.text).toContain('Done.');
    const keys = await keysOf('hostile');
    expect(keys).toEqual(expect.arrayContaining(['..x', '%2e%2e', 'one', 'two', 'passwd', 'root', 'up']));
    expect([await stored('hostile', 'passwd'), await stored('hostile', 'two')]).toEqual(['', 'x\n']);
    const { events } = await server.json(['run', 'show', (await server.json(['runs', 'hostile']))[0].id]);
    const warnings = events
      .filter(({ type }: { type: string }) => type === 'warning')
      .map(({ message }: { message: string }) => message)
      .sort();
    expect(warnings).toEqual([
      '"/data/huge" has 104857600 bytes; at most 67108864 are stored.',
      String.raw`"/data/new\nline" has a name or a path that the storage does not take.`,
      '"/data/pipe" is no file, no folder and no link.',
    ]);
    expect(server.output()).toContain('folder_not_stored_whole');
    // The next turn has it all again, and its links lead nowhere but inside.
    const again = await ask({ to, text: `${bash('cat two; readlink passwd')} [[reply: <{output}>]]` });
    expect(again.text).toContain('<x\n/etc/passwd');
    expect(onDisk()).toEqual([]);
  });

  it('an agent is exported, and imported as another one', async () => {
    const file = join(server.dataDir, 'scout.tar');
    // A mail is out before its file is moved.
    const unsent = async () => (await keysOf('scout')).filter((key) => /^outbox\/email\/./.test(key));
    await expect.poll(unsent, { timeout: 20_000 }).toEqual([]);
    expect(await server.cli(['agent', 'export', 'scout', file])).toMatchObject({ code: 0 });
    expect(await server.cli(['agent', 'import', file, '--name', 'twin'])).toMatchObject({ code: 0 });
    const files = async (name: string) => (await keysOf(name)).filter((key) => !key.endsWith('/')).sort();
    expect(await files('twin')).toEqual(await files('scout'));
    expect(await stored('twin', 'MEMORY.md')).toContain('papaya');
    expect((await ask({ to: 'twin@tinyfat.localhost', text: '[[reply: I am the twin.]]' })).text).toContain(
      'twin',
    );
  });

  it('a backup of a bucket is restored into another one, and onto a disk', async () => {
    const archive = join(server.dataDir, 'backup.tar');
    expect(await server.cli(['backup', archive])).toMatchObject({ code: 0 });
    const id = await idOf('scout');
    for (const [name, environment] of Object.entries({
      bucket: { ...settings(standIn), STORAGE: `s3://${standIn.bucket}/restored` },
      disk: {},
    })) {
      const dataDir = join(server.dataDir, '..', `${basename(server.dataDir)}-${name}`);
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const words = ['restore', archive];
      const said = await runCli(words, { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, ...environment });
      expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('Restored as of') });
      expect(existsSync(join(dataDir, 'agents', id, 'MEMORY.md'))).toBe(name === 'disk');
    }
    const below = (prefix: string) =>
      [...standIn.objects.keys()].filter((key) => key.startsWith(prefix) && !key.endsWith('/'));
    const memory = standIn.objects.get(`restored/agents/${id}/MEMORY.md`)?.bytes.toString();
    expect(memory).toContain('papaya');
    expect(below('restored/raw-mail/')).toHaveLength(below('tinyfat/raw-mail/').length);
    expect(below(`restored/agents/${id}/`)).toHaveLength(below(`tinyfat/agents/${id}/`).length);
  });

  it('events of a turn are seen while it runs', async () => {
    const to = 'parted@tinyfat.localhost';
    const asked = ask({ to, text: `${bash('echo seen')} [[gate: live]] [[reply: Done.]]` });
    await model.arrived('live');
    const [{ id }] = await server.json(['runs', 'parted']);
    const types = async () =>
      (await server.json(['run', 'show', id])).events.map(({ type }: { type: string }) => type);
    await until(types, (seen) => seen.includes('tool_result'));
    model.release('live');
    expect((await asked).text).toContain('Done.');
    expect((await types()).at(-1)).toBe('end');
  });

  it('a bucket that takes no message puts the mail off, and one that fails for a while loses nothing: the turn is run again', async () => {
    standIn.meet(({ key }) => (key.includes('raw-mail/') ? { status: 507, code: 'Full' } : null));
    await expect(sendMail(server, { to: 'parted@tinyfat.localhost', text: 'x' })).rejects.toThrow(
      /^(.*: )?4\d\d/,
    );
    const turns = () => model.requests.filter(({ body }) => JSON.stringify(body).includes('At last.')).length;
    standIn.meet(({ method, temporary }) =>
      temporary && method === 'PUT' && turns() < 2 ? { status: 503, code: 'SlowDown' } : null,
    );
    const reply = await ask({ to: 'parted@tinyfat.localhost', text: '[[reply: At last.]]' });
    standIn.meet(() => null);
    expect(reply.text).toContain('At last.');
    expect((await server.json(['runs', 'parted']))[0]).toMatchObject({ status: 'done', attempt: 2 });
    expect(server.output()).toContain('storage_fault');
  });

  it('a server that is killed in a turn leaves nothing behind, and the mail is answered by the next', async () => {
    const asked = ask({ text: '[[gate: killed]] [[reply: After the fall.]]' });
    await model.arrived('killed');
    expect(onDisk().some((path) => path.endsWith('MEMORY.md'))).toBe(true);
    await server.kill('SIGKILL');
    model.release('killed');
    await server.restart();
    expect((await asked).text).toContain('After the fall.');
    expect(onDisk()).toEqual([]);
  });
});
