/** A file as large as a mail may bring: it is its own size that counts, not that of its encoding. */
import { createHash, randomBytes } from 'node:crypto';
import { MAX_DECODED_BYTES, MAX_MESSAGE_BYTES } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { answerTo } from './support/mail.ts';
import { startStory } from './support/story.ts';

const MIB = 1024 * 1024;
const TOO_LARGE =
  '552 5.3.4 The message is too large: at most 25 MiB are taken, which are up to 36 MiB in the encoding of mail';

describe('a mail with a large file', async () => {
  const { server } = await startStory();
  /** Base64 in lines of 76 characters, as mail programs send it. */
  const send = (subject: string, text: string, content: Buffer) =>
    answerTo(server, {
      to: 'scout@tinyfat.localhost',
      subject,
      text,
      attachments: [{ filename: 'a.bin', content }],
    });

  it('of 20 MiB reaches the agent byte for byte', async () => {
    const content = randomBytes(20 * MIB);
    const text = 'Sum. [[tool: bash {"command":"sha256sum < /inbox/attachments/a.bin"}]] [[reply: {output}]]';
    expect(await send('twenty', text, content)).toEqual({ code: 250, text: '' });
    const [reply] = await server.answers(1);
    expect(reply?.text).toContain(createHash('sha256').update(content).digest('hex'));
  });

  it('of almost 25 MiB is taken', async () => {
    expect((await send('full', '/help', randomBytes(MAX_DECODED_BYTES - 1000))).code).toBe(250);
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ subject: 'full', verdict: 'accepted' });
    expect(mail.bytes).toBeGreaterThan(34 * MIB);
  });

  it('of more than 25 MiB is refused, though it is within what a message may have, and told both', async () => {
    const refused = await send('more', 'Sum.', randomBytes(MAX_DECODED_BYTES + 1));
    expect(refused).toEqual({ code: 552, text: TOO_LARGE });
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: 'too_large' });
    expect(mail.bytes).toBeLessThan(MAX_MESSAGE_BYTES);
    expect(mail.verdict_reason).toMatch(/^The parts of the message hold 262144\d\d bytes: at most 25 MiB/);
  });

  it('of more than a message may have is refused, and told both', async () => {
    expect(await send('far more', 'Sum.', randomBytes(28 * MIB))).toEqual({ code: 552, text: TOO_LARGE });
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: 'too_large' });
    expect(mail.verdict_reason).toMatch(/bytes or more: at most 25 MiB are taken, which are up to 36 MiB/);
  });
});
