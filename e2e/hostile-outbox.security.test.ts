/** Invariant 6: the outbox is data. A bad file goes to failed/ with its reason, and never stops the others. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

const SCRIPT = `
cd /data/outbox/email
echo '{ not json' > a-not-json.json
echo '{"to":["owner@example.com"],"subject":"x"}' > b-no-body.json
mkdir c-folder.json
ln -s /data/MEMORY.md d-link.json
ln -s SECRET_FILE e-outside.json
head -c 30000000 /dev/zero > f-too-big.json
printf '{"to":["owner@example.com"],"subject":"Hi\\\\r\\\\nBcc: victim@example.net","body":"x"}' > g-injection.json
echo '{"to":["stranger@example.net"],"subject":"For you","body":"Held."}' > h-foreign.json
echo '{"to":["owner@example.com"],"subject":"x","body":"x","attachments":[{"path":"/etc/passwd"}]}' > i-path.json
ln -s SECRET_FILE /data/leak
echo '{"to":["owner@example.com"],"subject":"x","body":"x","attachments":[{"path":"/data/leak"}]}' > j-link-path.json
mkfifo k-pipe.json
echo 'plain' > l-wrong-name.txt
echo '{"to":["owner@example.com"],"bcc":["victim@example.net"],"subject":"x","body":"x"}' > m-bcc.json
echo '{"to":["owner@example.com"],"subject":"First good","body":"one"}' > n-good.json
sleep 0.05
echo '{"to":["ann@example.org"],"subject":"Second good","body":"two"}' > o-good.json
`;

describe('a hostile outbox', async () => {
  const { server } = await startStory({
    agents: { scout: ['ann@example.org'] },
  });
  let mails: ReceivedMail[];
  beforeAll(async () => {
    writeFileSync(join(server.dataDir, 'secret'), 'TOP SECRET');
    const command = SCRIPT.replaceAll('SECRET_FILE', join(server.dataDir, 'secret'));
    const tool = JSON.stringify({ command });
    await sendMail(server, {
      to: 'scout@tinyfat.localhost',
      text: `Go. [[tool: bash ${tool}]] [[reply: Done.]]`,
    });
    mails = await server.answers(4);
  });
  const folder = () =>
    join(server.dataDir, 'agents', readdirSync(join(server.dataDir, 'agents'))[0] ?? '', 'outbox');
  const failed = (name: string) => JSON.parse(readFileSync(join(folder(), 'failed', name), 'utf8'));

  it('sends the good ones in order, and the reply; the owner hears of the one that waits', () => {
    const isNotice = ({ from }: ReceivedMail) => from?.address === 'noreply@tinyfat.localhost';
    expect(mails.filter(isNotice).map((mail) => [mail.subject, mail.to?.[0]?.address])).toEqual([
      ['scout asks for your approval: For you', 'owner@example.com'],
    ]);
    const others = mails.filter((mail) => !isNotice(mail));
    expect(others.map((mail) => [mail.subject, mail.to?.[0]?.address])).toEqual([
      ['First good', 'owner@example.com'],
      ['Second good', 'ann@example.org'],
      ['Re: Hello', 'owner@example.com'],
    ]);
  });

  it.each([
    ['a-not-json.json', /not.*JSON/i],
    ['b-no-body.json', /body/],
    ['c-folder.json', /folder/],
    ['d-link.json', /link/],
    ['e-outside.json', /link/],
    ['f-too-big.json', /bytes/],
    ['g-injection.json', /control characters/],
    ['h-foreign.json', /stranger@example\.net.*outbox approve [0-9a-f-]{36}/],
    ['i-path.json', /below \/data/],
    ['j-link-path.json', /link/],
    ['k-pipe.json', /pipe/],
    ['l-wrong-name.txt.json', /\.json/],
    ['m-bcc.json', /bcc/i],
  ])('puts %s into failed/ with its reason', async (name, reason) => {
    // A mail is out before the files of others are moved.
    await eventually(() => readdirSync(join(folder(), 'failed'))).toContain(name);
    expect(failed(name)).toMatchObject({ status: 'failed', error: expect.stringMatching(reason) });
  });

  it('leaves nothing behind in outbox/email, and leaks no foreign file', async () => {
    // A mail is out before its file is moved.
    await eventually(() => readdirSync(join(folder(), 'email'))).toEqual([]);
    expect(mails.map((mail) => mail.raw).join()).not.toContain('TOP SECRET');
    expect(mails.map((mail) => mail.raw).join()).not.toContain('victim@example.net');
    expect(readFileSync(join(server.dataDir, 'secret'), 'utf8')).toBe('TOP SECRET');
  });

  it('shows every refusal to the owner, and sends the waiting one once it is approved', async () => {
    const list = await server.json(['outbox', 'list', 'scout']);
    const states = list.map((one: { state: string }) => one.state);
    expect(states.filter((state: string) => state === 'failed')).toHaveLength(12);
    expect(states.filter((state: string) => state === 'sent')).toHaveLength(3);
    const waiting = list.find((one: { state: string }) => one.state === 'awaiting_approval');
    expect(waiting.reason).toContain('stranger@example.net');
    expect((await server.cli(['outbox', 'approve', waiting.id])).code).toBe(0);
    const approved = (await server.answers(5)).find((mail) => mail.subject === 'For you');
    expect(approved?.to?.[0]?.address).toBe('stranger@example.net');
    expect((await server.cli(['outbox', 'approve', waiting.id])).code).toBe(1);
  });
});
