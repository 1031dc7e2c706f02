import { describe, expect, it } from 'vitest';
import { treeLimits } from '../mime/mime-tree.ts';
import { message } from '../test-support/messages.ts';
import { checkStructure } from './mime-structure.ts';

const multipart = 'Content-Type: multipart/mixed; boundary=b';
const part = (header: string) => `--b\r\n${header}\r\n\r\nx\r\n`;
/** Parts within parts, the message itself not counted. */
const nested = (levels: number) =>
  message(
    ['From: a@b.test', 'Content-Type: multipart/mixed; boundary=b0'],
    Array.from(
      { length: levels },
      (_, n) => `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n + 1}\r\n\r\n`,
    ).join(''),
  );
const headerBytes = (bytes: number) =>
  message([multipart], part(`X: ${'y'.repeat(50_000)}`).repeat(Math.ceil(bytes / 50_000)));
const forwarded = message(
  [multipart],
  part(`Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/alternative; boundary=b`).repeat(400),
);

describe('the structure of a message', () => {
  it.each<[string, Buffer, boolean]>([
    ['one part', message(['From: a@b.test']), true],
    ['parts nested as deep as can be read', nested(treeLimits.depth), true],
    ['parts nested deeper', nested(treeLimits.depth + 1), false],
    ['parts nested 1,900 deep', nested(1_900), false],
    ['as many bytes of part headers as can be read', headerBytes(4_000_000), true],
    ['more bytes of part headers', headerBytes(4_200_000), false],
    ['400 forwarded messages with boundaries of their own', forwarded, true],
    ['a signature above a long text', message([], `-- \r\n${`${'x'.repeat(76)}\r\n`.repeat(15_000)}`), true],
    ['a thousand rules between paragraphs', message([], '----\r\ntext\r\n\r\n'.repeat(1_000)), true],
  ])('of %s is what the reader makes of it', (_, raw, readable) => {
    const refusal = checkStructure(raw);
    if (readable) expect(refusal).toBeNull();
    else expect(refusal).toMatchObject({ ok: false, code: 'too_complex' });
  });
});
