/** Whatever comes through the intake ends in one answer and one verdict, and the next mail is taken as ever. */

import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const owner = signingDomain('example.com');
const unlimited = { senderHour: 1e6, senderDay: 1e6, agentHour: 1e6, agentDay: 1e6, waiting: 1e6 };

const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
const text = fc.oneof(
  fc.constantFrom(
    ...[
      OWNER,
      'scout@agents.example.org',
      'a@b@c',
      '"',
      '(',
      '<',
      '=?utf-8?q?=00?=',
      '\0',
      '\r',
      '\n',
      '\r\n ',
    ],
    ...['multipart/mixed; boundary=b', 'message/rfc822', 'text/html; charset=x', 'base64', 'pass', ';', ','],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const field = fc
  .tuple(
    fc.constantFrom(
      ...[
        'From',
        'FROM ',
        'To',
        'Cc',
        'Subject',
        'Date',
        'Message-ID',
        'References',
        'In-Reply-To',
        'Sender',
      ],
      ...['Content-Type', 'Content-Transfer-Encoding', 'MIME-Version', 'Auto-Submitted', 'List-Id', 'X-Loop'],
      ...['DKIM-Signature', 'Authentication-Results', 'Received', 'X-Failed-Recipients', '', ' '],
    ),
    fc.array(text, { maxLength: 6 }),
  )
  .map(([name, parts]) => `${name}: ${parts.join('')}\r\n`);
const part = fc.oneof(
  text,
  fc.constantFrom('--b\r\n', '--b--\r\n', '\r\n\r\n', 'Content-Type: text/html\r\n\r\n<'),
);
const soup = fc
  .tuple(fc.array(field, { maxLength: 20 }), fc.array(part, { maxLength: 40 }))
  .map(([fields, parts]) => Buffer.from(`${fields.join('')}\r\n${parts.join('')}`));
/** A genuine signed mail with pieces cut out, doubled, moved or overwritten. */
const spoilt = (genuine: Buffer) =>
  fc
    .array(fc.tuple(fc.nat(genuine.length), fc.nat(200), fc.nat(genuine.length), fc.oneof(bytes, text)), {
      minLength: 1,
      maxLength: 5,
    })
    .map((edits) =>
      edits.reduce((mail, [at, length, from, inserted]) => {
        const piece = typeof inserted === 'string' ? Buffer.from(inserted) : inserted.subarray(0, 50);
        const doubled = mail.subarray(from, from + length);
        return Buffer.concat([mail.subarray(0, at), piece, doubled, mail.subarray(at + (length % 7))]);
      }, genuine),
    );

describe('the intake', () => {
  let intake: Intake;
  let minutes = 0;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: ['@*.example'] },
      dns: { ...owner.records, '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } },
      limits: unlimited,
      // Else the client would be refused as a whole after so many refusals.
      clock: () => Date.now() + minutes * 60_000,
    });
  });
  afterAll(() => intake?.dispose());

  it('gives one answer and one verdict to any bytes', async () => {
    const genuine = await owner.sign(letter({}));
    let client = await intake.connect();
    const before = process.memoryUsage.rss();
    let rows = await intake.mailCount();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(bytes, soup, spoilt(genuine)),
        fc.constantFrom(OWNER, '', 'eve@evil.example'),
        async (raw, from) => {
          minutes += 1;
          if (minutes % 50 === 0) {
            client.end();
            client = await intake.connect();
          }
          const answer = await client.send(raw, { from });
          expect(answer).toMatch(/^(250|451|550|552|554) \d\.\d\.\d/);
          const now = await intake.mailCount();
          // Trouble that may pass leaves no row; anything else leaves one.
          expect(now - rows).toBe(answer.startsWith('451') ? 0 : 1);
          rows = now;
          if (answer.startsWith('451')) return;
          const { verdict, reason } = await intake.newest();
          expect(verdict === 'refused').toBe(!answer.startsWith('250'));
          expect(reason).toMatch(/^[ -~]{10,}$/);
        },
      ),
      fuzzRuns(150),
    );
    client.end();
    expect(intake.log.filter((line) => line.startsWith('error'))).toEqual([]);
    expect(await intake.send(await owner.sign(letter({})))).toMatch(/^250/);
    expect((await intake.newest()).verdict).toBe('accepted');
    expect(process.memoryUsage.rss() - before).toBeLessThan(500 * 1024 * 1024);
  });
});
