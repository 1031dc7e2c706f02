/** `tinyfat mails`: the owner sees every mail with why, reads it as it came, and lets in what was quarantined. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, header, type ReceivedMail, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const to = 'scout@tinyfat.localhost';
const BOB = 'bob@example.com';

describe('tinyfat mails', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ environment: { SENDER_MAILS_PER_HOUR: '1' }, agents: { scout: [BOB] } });
  });
  afterAll(() => server?.dispose());
  const raw = (subject: string) =>
    `From: ${BOB}\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x.example>\r\n\r\nHello.\r\n`;
  const send = (subject: string, from = BOB) =>
    answerTo(server, { envelope: { from, to }, raw: raw(subject).replace(BOB, from) });
  const about = (mails: ReceivedMail[], words: string) => mails.filter(({ text }) => text?.startsWith(words));

  it('shows what is over the limit, and release gives it its turn', async () => {
    expect((await send('first')).code).toBe(250);
    expect((await send('second')).code).toBe(250);
    const mails = await server.answers(3);
    const [second] = await server.json(['mails', 'scout']);
    expect(second).toMatchObject({ subject: 'second', verdict: 'over_limit', state: 'over_limit' });
    expect(second.reason).toContain('1 mail from bob@example.com in the last hour');
    const [told, ...more] = about(mails, 'Your mail waits');
    expect(told).toMatchObject({ to: [{ address: BOB }], inReplyTo: '<second@x.example>' });
    const [owner, ...others] = about(mails, `Mails to ${to} wait for you`);
    expect(owner).toMatchObject({ to: [{ address: 'owner@example.com' }] });
    expect(owner?.text).toContain('bob@example.com: 1 mail. The sender wrote more mails');
    expect(owner?.text).toContain('tinyfat mails release ID');
    expect([...more, ...others]).toEqual([]);
    for (const mail of [told, owner]) expect(mail && header(mail, 'auto-submitted')).toMatch(/^auto-/);
    const released = await server.cli(['mails', 'release', second.id]);
    expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining(BOB) });
    expect((await server.answers(4)).at(-1)?.inReplyTo).toBe('<second@x.example>');
    expect((await server.cli(['mails', 'release', second.id])).code).toBe(1);
  });

  it('discards what waits at the intake, one or all, and keeps it on record', async () => {
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

  it('wakes nobody with a notice that comes back, and sends no second one within the hour', async () => {
    const [notice] = about(await server.answers(4), 'Your mail waits');
    const back = { envelope: { from: BOB, to }, raw: notice?.raw.replace(/^From: .*$/m, `From: ${BOB}`) };
    expect((await answerTo(server, back)).code).toBe(250);
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ verdict: 'automatic', state: 'automatic' });
    expect(await server.answers(4)).toHaveLength(4);
  });

  it('lets the owner in, over every limit', async () => {
    for (const subject of ['mine', 'mine-too'])
      expect((await send(subject, 'owner@example.com')).code).toBe(250);
    const mails: { verdict: string }[] = (await server.json(['mails', 'scout'])).slice(0, 2);
    expect(mails.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    await server.answers(6);
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
    expect(release.stderr).toContain('The mail is refused. Only mails that are quarantined');
  });

  it('gives the bytes back as they came', async () => {
    const [refused] = await server.json(['mails', 'scout']);
    const { stdout } = await server.cli(['mails', 'raw', refused.id]);
    expect(stdout).toBe(raw('third').replace(BOB, 'eve@else.example'));
  });

  it('says of a mail that was too large how much of it is kept', async () => {
    const text = 'A line of a very long mail.\n'.repeat(1_400_000);
    await expect(sendMail(server, { to, text })).rejects.toThrow('5.3.4');
    const [large] = await server.json(['mails', 'scout']);
    expect(large).toMatchObject({ verdict: 'refused', reason_code: 'too_large' });
    const { stdout, stderr } = await server.cli(['mails', 'raw', large.id]);
    expect(stdout).toHaveLength(65_536);
    expect(stderr).toContain('the first 65536 are stored');
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
