/** A real SMTP server that keeps what it takes, and misbehaves when told to. */
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { parseMail, type ReceivedMail } from './mail.ts';

export interface SmtpSink {
  /** For SMTP_URL. */
  url: string;
  mails: (ReceivedMail & { envelope: { from: string; to: string[] } })[];
  /** Resolves when this many mails were taken. */
  received(count: number): Promise<void>;
  /** Answers the next messages with these codes, in order; then takes all. */
  refuseNext(...answers: { code: number; message: string }[]): void;
  /** From now on takes a message and gives no answer until `releaseAll`. */
  holdAfterData(): void;
  /** Resolves when a message is held. */
  held(): Promise<void>;
  releaseAll(): void;
  close(): Promise<void>;
}

/** Starts a sink on a free loopback port. */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: SmtpSink['mails'] = [];
  const refusals: { code: number; message: string }[] = [];
  let waiting: { count: number; done: () => void }[] = [];
  let holding = false;
  let onHeld = () => {};
  const isHeld = new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  let release: (() => void)[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', async () => {
        const refusal = refusals.shift();
        if (refusal) {
          callback(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
          return;
        }
        const from = session.envelope.mailFrom;
        mails.push({
          ...(await parseMail(Buffer.concat(chunks))),
          envelope: { from: from ? from.address : '', to: session.envelope.rcptTo.map((to) => to.address) },
        });
        waiting = waiting.filter(({ count, done }) => {
          if (mails.length < count) return true;
          done();
          return false;
        });
        if (holding) {
          onHeld();
          await new Promise<void>((resolve) => release.push(resolve));
        }
        callback(null);
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    received: (count) =>
      mails.length >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done })),
    refuseNext: (...answers) => refusals.push(...answers),
    holdAfterData: () => {
      holding = true;
    },
    held: () => isHeld,
    releaseAll: () => {
      holding = false;
      for (const go of release) go();
      release = [];
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
