/** A hand-driven SMTP client for tests: sends exactly the bytes it is told to, and reads replies. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

export interface SmtpSession {
  /** Sends a line and gives the whole reply, multi-line ones joined by LF. */
  command(line: string): Promise<string>;
  /** Sends bytes as they are. */
  write(bytes: string | Uint8Array): void;
  /** Sends each byte by itself: the server, in the same event loop, reads one before the next is sent. */
  trickle(bytes: string | Uint8Array): Promise<void>;
  reply(): Promise<string>;
  /** Continues over TLS after a 220 to STARTTLS; gives the common name of the server's certificate. */
  startTls(): Promise<string>;
  /** Resolves when the server has closed. */
  closed: Promise<void>;
  end(): void;
}

/** Connects and waits for nothing: read the greeting with `reply()`. `from` is another loopback address. */
export function smtpSession(port: number, host = '127.0.0.1', from?: string): SmtpSession {
  let socket: Socket = connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) });
  socket.setNoDelay();
  let buffer = '';
  let ended = false;
  const waiting: ((text: string) => void)[] = [];

  function flush(): void {
    while (waiting.length > 0) {
      const reply = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(buffer)?.[0];
      if (reply === undefined) break;
      buffer = buffer.slice(reply.length);
      waiting.shift()?.(reply.trim().replaceAll('\r', ''));
    }
    if (ended) for (const resolve of waiting.splice(0)) resolve('closed');
  }
  function listen(stream: Socket): void {
    stream.on('data', (chunk) => {
      buffer += chunk.toString('utf8');
      flush();
    });
    stream.on('error', () => undefined);
  }
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      ended = true;
      flush();
      resolve();
    });
  });
  listen(socket);

  const reply = () =>
    new Promise<string>((resolve) => {
      waiting.push(resolve);
      flush();
    });
  return {
    reply,
    closed,
    command(line) {
      socket.write(`${line}\r\n`);
      return reply();
    },
    write: (bytes) => void socket.write(bytes),
    async trickle(bytes) {
      for (const byte of Buffer.from(bytes)) {
        socket.write(Uint8Array.of(byte));
        for (let turn = 0; turn < 2; turn += 1) await setImmediate();
      }
    },
    async startTls() {
      socket.removeAllListeners('data');
      const secure = connectTls({ socket, rejectUnauthorized: false });
      await once(secure, 'secureConnect');
      socket = secure;
      listen(secure);
      return String(secure.getPeerCertificate().subject?.CN ?? '');
    },
    end: () => void socket.end(),
  };
}
