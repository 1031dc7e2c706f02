/** `tinyfat mails`: the owner sees every mail with why, reads it as it came, and lets in what was held. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const to = 'scout@tinyfat.localhost';

describe('tinyfat mails', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ environment: { SENDER_MAILS_PER_HOUR: '1' }, agents: { scout: [] } });
  });
  afterAll(() => server?.dispose());
  const raw = (subject: string) =>
    `From: owner@example.com\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x.example>\r\n\r\nHello.\r\n`;
  const send = (subject: string, from = 'owner@example.com') =>
    answerTo(server, { envelope: { from, to }, raw: raw(subject).replace('owner@example.com', from) });

  it('shows what is over the limit, and release gives it its turn', async () => {
    expect((await send('first')).code).toBe(250);
    expect((await send('second')).code).toBe(250);
    await server.answers(1);
    const [second] = await server.json(['mails', 'scout']);
    expect(second).toMatchObject({ subject: 'second', verdict: 'over_limit', state: 'over_limit' });
    expect(second.reason).toContain('1 mails from owner@example.com in the last hour');
    const released = await server.cli(['mails', 'release', second.id]);
    expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining('owner@example.com') });
    const replies = await server.answers(2);
    expect(replies[1]?.inReplyTo).toBe('<second@x.example>');
    expect((await server.cli(['mails', 'release', second.id])).code).toBe(1);
  });

  it('discards what waits at the door, one or all, and keeps it on record', async () => {
    for (const subject of ['one', 'two', 'three']) expect((await send(subject)).code).toBe(250);
    const [three] = await server.json(['mails', 'scout']);
    expect((await server.cli(['mails', 'discard', three.id])).code).toBe(0);
    expect((await server.cli(['mails', 'discard', three.id])).code).toBe(1);
    expect((await server.cli(['mails', 'release', three.id])).code).toBe(1);
    const all = await server.cli(['mails', 'discard', '--all', 'scout']);
    expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining('2 mails') });
    const mails: { subject: string; verdict: string; state: string }[] = await server.json([
      'mails',
      'scout',
    ]);
    for (const mail of mails.slice(0, 3))
      expect(mail).toMatchObject({ verdict: 'over_limit', state: 'discarded' });
    expect((await server.json(['runs'])).length).toBe(2);
  });

  it('shows one mail with what was checked', async () => {
    expect((await send('third', 'eve@else.example')).code).toBe(550);
    const [refused] = await server.json(['mails', 'scout']);
    const { stdout } = await server.cli(['mails', 'show', refused.id]);
    expect(stdout).toContain('refused (not_allowed)');
    expect(stdout).toContain('not checked: the client is trusted');
    expect(stdout).toContain('tinyfat allow add');
    const shown = await server.json(['mails', 'show', refused.id]);
    expect(shown).toMatchObject({ agent: 'scout', evidence: { source: 'trusted_client' }, deliveries: [] });
    const release = await server.cli(['mails', 'release', refused.id]);
    expect(release.code).toBe(1);
    expect(release.stderr).toContain('verdict refused');
  });

  it('gives the bytes back as they came', async () => {
    const [refused] = await server.json(['mails', 'scout']);
    const { stdout } = await server.cli(['mails', 'raw', refused.id]);
    expect(stdout).toBe(raw('third').replace('owner@example.com', 'eve@else.example'));
  });

  it('says of a mail that was too large how much of it is kept', async () => {
    const text = 'A line of a very long mail.\n'.repeat(1_000_000);
    await expect(sendMail(server, { to, text })).rejects.toThrow('5.3.4');
    const [large] = await server.json(['mails', 'scout']);
    expect(large).toMatchObject({ verdict: 'refused', reason_code: 'too_large' });
    const { stdout, stderr } = await server.cli(['mails', 'raw', large.id]);
    expect(stdout).toHaveLength(65_536);
    expect(stderr).toContain('the first 65536 are kept');
  });

  it.each([['mails show nothing'], ['mails raw nothing'], ['mails release nothing']])(
    'says that there is no such mail: %s',
    async (line) => {
      const { code, stderr } = await server.cli(line.split(' '));
      expect(code).toBe(1);
      expect(stderr).toContain('there is no mail nothing');
    },
  );

  it('takes no other word', async () => {
    expect((await server.cli(['mails', 'burn', 'x'])).code).toBe(2);
  });
});
