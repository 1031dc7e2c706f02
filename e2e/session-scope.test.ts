/** With `session_scope: sender` each person has a conversation of their own, and sees no other one. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('sessions by sender', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let count = 0;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url },
      agents: { scout: ['bob@example.org'] },
    });
    const [agent] = readdirSync(join(server.dataDir, 'agents'));
    const config = join(server.dataDir, 'agents', agent ?? '', 'config.json');
    writeFileSync(config, '{"model":"haiku","session_scope":"sender"}');
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.close();
  });
  const mail = async (from: string, subject: string, text = ''): Promise<ReceivedMail> => {
    await sendMail(server, { to: 'scout@tinyfat.localhost', from, subject, text });
    count++;
    return (await server.answers(count)).at(-1) as ReceivedMail;
  };

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
