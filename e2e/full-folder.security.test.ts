/** An agent that fills its folder is stopped before it fills the disk; it and its owner are told, and it can make room. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

describe('an agent whose folder may hold 20 MB', async () => {
  const { model, server, ask } = await startStory({
    environment: { AGENT_FOLDER_QUOTA_MB: '20' },
    agents: { filler: [], heavy: [] },
  });
  const bash = (command: string) => `[[tool: bash ${JSON.stringify({ command })}]]`;
  const write = (megabytes: number) =>
    bash(`head -c ${megabytes}000000 /dev/urandom > /data/file-${megabytes}`);
  const prompts = () => JSON.stringify(model.requests.map(({ body }) => body));

  it('is told, and so is its owner, when it is nearly full; it can delete, and is told no more', async () => {
    const to = 'filler@tinyfat.localhost';
    await ask({ to, text: `${write(18)} [[reply: Written.]]` });
    const mails = await server.answers(2);
    const letter = mails.find(({ subject }) => subject === 'filler: its folder is nearly full');
    expect(letter?.text).toContain('of the 20.0 MB that it may');
    expect(prompts()).not.toContain('Your folder /data holds');
    await ask({ to, text: `${bash('rm /data/file-18')} [[reply: Deleted.]]` });
    expect(prompts()).toMatch(/Your folder \/data holds 18\.\d MB of the 20\.0 MB that it may/);
    const { folder_bytes: bytes, folder_quota_bytes: quota } = await server.json(['agent', 'show', 'filler']);
    expect([bytes < 1_000_000, quota]).toEqual([true, 20_000_000]);
  });

  it('is stopped when it grows beyond that, and the sender is told why; from twice as much on it gets no turn', async () => {
    const to = 'heavy@tinyfat.localhost';
    const stopped = await ask({ to, text: `${write(60)} ${bash('sleep 60')} [[reply: Never.]]` });
    expect(stopped.text).toContain("The agent's folder holds more than it may. It holds more than 36.0 MB.");
    const [run] = await server.json(['runs', 'heavy']);
    expect(run).toMatchObject({ status: 'failed', error: 'quota_exceeded' });
    // As an agent leaves it that writes faster than anybody looks.
    const { id } = await server.json(['agent', 'show', 'heavy']);
    const file = join(server.dataDir, 'agents', id, 'more');
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', 'count=40'], { stdio: 'ignore' });
    expect((await ask({ to, text: '[[reply: Too much.]]' })).text).toContain('holds more than');
    const asked = model.requests.length;
    const refused = await ask({ to, text: '[[reply: Never.]]' });
    expect(refused.text).toContain('so that no turn was begun');
    expect(model.requests.length).toBe(asked);
    execFileSync('rm', [file, join(server.dataDir, 'agents', id, 'file-60')]);
    expect((await ask({ to, text: '[[reply: Back.]]' })).text).toContain('Back.');
  });
});
