/** With `session_scope: sender` each person has a conversation of their own, and sees no other one. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

describe('sessions by sender', async () => {
  const { model, server, ask } = await startStory({
    agents: { scout: ['bob@example.org'] },
  });
  beforeAll(async () => {
    const [agent] = readdirSync(join(server.dataDir, 'agents'));
    const config = join(server.dataDir, 'agents', agent ?? '', 'config.json');
    writeFileSync(config, '{"model":"haiku","session_scope":"sender"}');
  });
  const mail = (from: string, subject: string, text = '') => ask({ from, subject, text });

  it('are kept apart, also from /resume; plus-tags are one person', async () => {
    const owner = await mail('owner@example.com', 'Secret plan', 'Tell nobody. [[reply: I won’t.]]');
    const hash = owner.text?.match(/\[scout:([0-9a-f]{4})/)?.[1] ?? 'none';
    await mail('bob@example.org', 'Hello', 'What did the owner say? [[reply: No idea.]]');
    expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('Tell nobody');
    const list = await mail('bob@example.org', '/resume');
    expect(list.text).toContain('Hello');
    expect(list.text).not.toContain('Secret plan');
    expect((await mail('bob@example.org', `/resume ${hash}`)).text).toContain('There is no such session');
    const tagged = await mail('owner+phone@example.com', '/resume');
    expect(tagged.text).toContain('Secret plan');
    expect(tagged.text).not.toContain('Hello');
  });
});
