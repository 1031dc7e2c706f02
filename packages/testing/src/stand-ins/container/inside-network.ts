/**
 * Runs in a container of the stand-in, in the place of Cloudflare's interception: every name has an address, and each
 * connection to port 80 or 443 of any address goes to a socket of the host. `node inside-network.ts FOLDER`.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
/** Of a network that is for tests (RFC 2544). */
const ANSWER = [198, 18, 0, 1];
const A_RECORD = 1;

const listening = [80, 443].map(
  (port) =>
    new Promise<void>((resolve) => {
      createServer({ allowHalfOpen: true }, (inside) => {
        const outside = connect({ path: join(folder, String(port)), allowHalfOpen: true });
        const cut = () => {
          inside.destroy();
          outside.destroy();
        };
        for (const socket of [inside, outside]) socket.on('error', cut);
        inside.pipe(outside).pipe(inside);
      }).listen(port, '0.0.0.0', resolve);
    }),
);

const names = createSocket('udp4');
names.on('message', (question, from) => names.send(answerTo(question), from.port, from.address));
listening.push(new Promise((resolve) => names.bind(53, '127.0.0.1', resolve)));

await Promise.all(listening);
process.stdout.write('ready\n');

/** RFC 1035, section 4: the question once more, and behind it the address where one was asked for. */
function answerTo(question: Buffer): Buffer {
  let end = 12;
  while ((question[end] ?? 0) !== 0) end += (question[end] ?? 0) + 1;
  const asked = question.subarray(0, end + 5);
  const wantsAddress = asked.readUInt16BE(end + 1) === A_RECORD;
  const head = Buffer.from(asked);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(wantsAddress ? 1 : 0, 6);
  head.fill(0, 8, 12);
  const record = Buffer.from([0xc0, 12, 0, A_RECORD, 0, 1, 0, 0, 0, 60, 0, 4, ...ANSWER]);
  return wantsAddress ? Buffer.concat([head, record]) : head;
}
