/** Bytes that a client might send to an SMTP listener: sense, nonsense, and sense with something wrong. */
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';

/** What a client sends after the greeting, in the pieces that it sends them in. */
export interface ClientStream {
  bytes: Buffer;
  pieces: number[];
}

const commands = fc.constantFrom(
  'EHLO client.example',
  'HELO client.example',
  'EHLO',
  'MAIL FROM:<ann@example.com>',
  'MAIL FROM:<>',
  'MAIL FROM:<ann@example.com> SIZE=99999 BODY=8BITMIME',
  'MAIL FROM:<b\u00f6b@example.com> SMTPUTF8',
  'RCPT TO:<bot@agents.test>',
  'RCPT TO:<bot@agents.test>',
  'RCPT TO:<nobody@x.test>',
  'RCPT TO:<@a,@b:bot@agents.test> NOTIFY=NEVER',
  'DATA',
  'RSET',
  'NOOP',
  'VRFY bot',
  'HELP',
  'BDAT 5 LAST',
  'AUTH PLAIN AGEAYg==',
  'STARTTLS',
  '.',
);
const hostile = fc.string({
  unit: fc.constantFrom(
    '\r',
    '\n',
    '\0',
    '.',
    ' ',
    ':',
    '<',
    '>',
    '@',
    '"',
    '=',
    '+0D',
    '\u00fc',
    '\u202e',
    'DATA',
    'a',
  ),
  maxLength: 60,
});
/** What may stand between DATA and its end: line ends and dots more than anything. */
export const content = fc
  .array(
    fc.constantFrom(
      '\r\n',
      '\r\n.',
      '\r\n..',
      '\r',
      '\n',
      '.',
      '..',
      '\0',
      'x',
      'From: a@b\r\n\r\n',
      '\u00fc',
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));
const mail = fc
  .tuple(content, fc.constantFrom('', 'x'.repeat(9_000), 'x'.repeat(15_000), 'x'.repeat(25_000)))
  .map(([start, rest]) =>
    Buffer.concat([
      Buffer.from(
        'RSET\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<u@x.test>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\n',
      ),
      start,
      Buffer.from(`${rest}\r\n.\r\n`),
    ]),
  );
const line = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', ''))
    .map((parts) => Buffer.from(parts.join('')));
const token = fc.oneof(
  { weight: 12, arbitrary: line(commands) },
  { weight: 8, arbitrary: mail },
  { weight: 3, arbitrary: line(fc.tuple(commands, hostile).map((parts) => parts.join(' '))) },
  { weight: 2, arbitrary: line(hostile) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
export const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });

/** Begins in order, most often; ends any message that is still open, and the session. */
export const clientStream: fc.Arbitrary<ClientStream> = fc.record({
  bytes: fc
    .tuple(fc.constantFrom('EHLO client.example\r\n', ''), fc.array(token, { maxLength: 25 }))
    .map(([start, tokens]) =>
      Buffer.concat([Buffer.from(start), ...tokens, Buffer.from('\r\n.\r\nQUIT\r\n')]),
    ),
  pieces,
});

/** Sends the pieces, each by itself, and gives all that came back until the server closed. */
export async function converse(port: number, stream: ClientStream): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay();
  let received = '';
  const greeted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    greeted.resolve();
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    greeted.resolve();
    closed.resolve();
  });
  await greeted.promise;
  for (const piece of cut(stream)) {
    if (!socket.writable) break;
    socket.write(piece);
    await setImmediate();
  }
  await closed.promise;
  return received;
}

/** The bytes in pieces of the given sizes, over and over. */
export function* cut({ bytes, pieces }: ClientStream): Generator<Buffer> {
  let at = 0;
  for (let n = 0; at < bytes.length; n += 1) {
    const size = pieces[n % pieces.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
