/** A real SMTP server for tests that takes everything and remembers it. */
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

export interface SunkMail {
  sender: string;
  recipients: string[];
  raw: Buffer;
  /** Which connection brought it. */
  connection: string;
  secure: boolean;
}

export interface SmtpSinkOptions {
  /** Reply to RCPT TO by address; others are accepted. */
  refuse?: Record<string, { code: number; text: string }>;
  /** Asks for this login. */
  login?: { user: string; password: string };
  tls?: { key: string; cert: string };
  /** TLS from the first byte on, as on port 465. */
  implicitTls?: boolean;
}

export interface SmtpSink {
  port: number;
  mails: SunkMail[];
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const mails: SunkMail[] = [];
  const server = new SMTPServer({
    disabledCommands: [...(options.tls ? [] : ['STARTTLS']), ...(options.login ? [] : ['AUTH'])],
    ...(options.tls ?? {}),
    secure: options.implicitTls === true,
    allowInsecureAuth: true,
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 1,
    onAuth(auth, _session, callback) {
      const right = auth.username === options.login?.user && auth.password === options.login?.password;
      callback(right ? null : new Error('Wrong login'), right ? { user: auth.username } : undefined);
    },
    onRcptTo(address, _session, callback) {
      const refused = options.refuse?.[address.address];
      callback(refused ? Object.assign(new Error(refused.text), { responseCode: refused.code }) : null);
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          sender: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map((recipient) => recipient.address),
          raw: Buffer.concat(chunks),
          connection: session.id,
          secure: session.secure,
        });
        callback(null, `2.0.0 Ok: queued as SINK${mails.length}`);
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
