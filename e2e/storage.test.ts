/** Agents' folders and raw mail in a bucket: the same story as on disk, and nothing of an agent stays on the machine. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

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
      /^(agents|raw-mail|run\/turns)\/./.test(path),
    );

  it('a mail is answered, the next one goes on with memory and session, and the disk has nothing of it', async () => {
    const remember = bash("echo 'The word is papaya.' >> MEMORY.md; mkdir notes; echo 1 > notes/one.txt");
    const first = await ask({ text: `Remember papaya. ${remember} [[reply: Noted.]]` });
    expect(first.text).toContain('Noted.');
    expect(onDisk()).toEqual([]);
    expect(await stored('scout', 'MEMORY.md')).toContain('papaya');
    const second = await ask({
      text: `What was it? ${bash('cat notes/one.txt; rm -r notes')} [[reply: <{output}>]]`,
    });
    expect(second.text).toContain('<1');
    const asked = JSON.stringify(model.requests.at(-1)?.body);
    expect(asked).toContain('Remember papaya.');
    expect(asked).toContain('The word is papaya.');
    const keys = await keysOf('scout');
    expect(keys.filter((key) => key.startsWith('notes/'))).toEqual([]);
    expect(keys.filter((key) => /^sessions\/.+\.jsonl$/.test(key))).toHaveLength(1);
    expect(onDisk()).toEqual([]);
    expect(existsSync(join(server.dataDir, 'agents'))).toBe(false);
    expect(
      [...standIn.objects.keys()].filter((key) => key.startsWith('tinyfat/raw-mail/')).length,
    ).toBeGreaterThan(3);
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
      'echo x > one; ln one two; mkfifo pipe',
      'mkdir many; cd many; seq 30000 | xargs touch',
    ];
    const reply = await ask({
      to: 'hostile@tinyfat.localhost',
      text: `${bash(commands.join('; '))} [[reply: Done.]]`,
    });
    expect(reply.text).toContain('Done.');
    const keys = await keysOf('hostile');
    expect(keys.length).toBeLessThan(20_100);
    expect(keys).toEqual(expect.arrayContaining(['..x', '%2e%2e', 'one', 'two', 'passwd']));
    expect(await stored('hostile', 'passwd')).toBe('');
    const [run] = await server.json(['runs', 'hostile']);
    const { events } = await server.json(['run', 'show', run.id]);
    const warnings = events.filter(({ type }: { type: string }) => type === 'warning');
    expect(JSON.stringify(warnings)).toContain('new\\\\nline');
    expect(JSON.stringify(warnings)).toContain('a folder may hold 20000 files');
    expect(onDisk()).toEqual([]);
  });

  it('a bucket that fails for a while loses nothing: the turn is run again', async () => {
    let left = 12;
    standIn.meet(({ method, temporary }) =>
      temporary && method === 'PUT' && left-- > 0 ? { status: 503, code: 'SlowDown' } : null,
    );
    const reply = await ask({ to: 'parted@tinyfat.localhost', text: '[[reply: At last.]]' });
    standIn.meet(() => null);
    expect(reply.text).toContain('At last.');
    expect(await server.answers(0)).toHaveLength(4);
  });

  it('a server that is killed in a turn leaves nothing behind, and the mail is answered by the next', async () => {
    const asked = ask({ text: `[[gate: killed]] [[reply: After the fall.]]` });
    await model.arrived('killed');
    expect(onDisk().some((path) => path.endsWith('MEMORY.md'))).toBe(true);
    model.release('killed');
    await server.restart();
    expect((await asked).text).toContain('After the fall.');
    expect(onDisk()).toEqual([]);
    await sendMail(server, { to: 'scout@tinyfat.localhost', subject: '/status', text: '' });
  });
});
