/**
 * The way in: an SMTP listener that takes mail for known recipients only, never relays, never
 * authenticates, and gives 250 for a message only when `onMessage` did (RFC 5321).
 */
import type { Socket } from 'node:net';
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { SmtpAnswer, SmtpListener, SmtpListenerOptions } from '../contract.ts';
import { answerError, answers, answerText } from './answers.ts';
import { type BufferBudget, collectMessage } from './collect-message.ts';
import { connectionLedger } from './connection-ledger.ts';
import { drain } from './drain.ts';
import { normalAddress, trustedClients } from './trusted-clients.ts';

/** Messages that one connection may bring, and recipients it may ask for in vain. */
const messagesPerConnection = 100;
const refusedRecipientsPerConnection = 50;
/** Ms without a byte from the client; RFC 5321 section 4.5.3.2.7 asks servers for five minutes. */
const idleTimeoutMs = 300_000;

/** Resolves when the port is listened on; rejects when it cannot be, or on a bad network or certificate. */
export async function smtpListener(options: SmtpListenerOptions): Promise<SmtpListener> {
  const { SMTPServer } = await import('smtp-server');
  const trusted = trustedClients(options.trustedClients);
  const ledger = connectionLedger(options.maxConnectionsPerClient);
  const budget: BufferBudget = {
    used: 0,
    limit: options.maxBufferedBytes ?? options.maxMessageBytes * 8,
  };
  const sockets = new Set<Socket>();
  /** Connections between DATA and its answer. */
  const busy = new Set<string>();
  let inFlight = 0;

  async function receive(
    stream: Parameters<NonNullable<SMTPServerOptions['onData']>>[0],
    session: SMTPServerSession,
  ): Promise<SmtpAnswer | null> {
    const collected = await collectMessage(stream, options.maxMessageBytes, budget, () => {
      options.onProblem('smtp.flood', session.remoteAddress);
      hangUp(session.id);
    });
    if (collected.state === 'gone') return null;
    if (collected.state === 'too_large') return answers.tooLarge;
    if (collected.state === 'no_room') return answers.noRoom;
    if (inFlight >= options.maxInFlight) return answers.tooManyInFlight;
    inFlight += 1;
    try {
      const address = normalAddress(session.remoteAddress);
      const helo = session.hostNameAppearsAs;
      return await options.onMessage({
        client: { address, helo: helo === '' ? null : helo, trusted: trusted(address) },
        secure: session.secure,
        sender: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
        recipients: session.envelope.rcptTo.map((recipient) => recipient.address),
        raw: collected.raw,
      });
    } catch (error) {
      options.onProblem('smtp.message', error instanceof Error ? error.message : String(error));
      return answers.failed;
    } finally {
      inFlight -= 1;
    }
  }

  function hangUp(id: string): void {
    for (const connection of server.connections) if (connection.id === id) connection.close();
  }

  const server = new SMTPServer({
    name: options.hostname,
    disabledCommands: ['AUTH', 'WIZ', 'SHELL', 'KILL', ...(options.tls === null ? ['STARTTLS'] : [])],
    ...(options.tls ?? {}),
    disableReverseLookup: true,
    logger: false,
    size: options.maxMessageBytes,
    maxRecipients: options.maxRecipients,
    maxClients: options.maxConnections,
    maxCommandLength: 4096,
    socketTimeout: idleTimeoutMs,

    onConnect(session, callback) {
      const room = ledger.open(session.id, normalAddress(session.remoteAddress));
      callback(room ? null : answerError(answers.tooManyFromClient));
    },
    onClose(session) {
      ledger.close(session.id);
    },
    onMailFrom(_address, session, callback) {
      callback(session.transaction > messagesPerConnection ? answerError(answers.tooManyMessages) : null);
    },
    onRcptTo(address, session, callback) {
      options.onRecipient(address.address).then(
        (answer) => {
          if (answer === null) return callback(null);
          const refused = ledger.refuseRecipient(session.id);
          callback(answerError(refused > refusedRecipientsPerConnection ? answers.tooManyRefused : answer));
        },
        (error: unknown) => {
          options.onProblem('smtp.recipient', error instanceof Error ? error.message : String(error));
          callback(answerError(answers.failed));
        },
      );
    },
    onData(stream, session, callback) {
      busy.add(session.id);
      void receive(stream, session).then((answer) => {
        busy.delete(session.id);
        if (answer === null) return;
        if (answer.code < 400) callback(null, answerText(answer));
        else callback(answerError(answer));
      });
    },
  });
  server.on('error', (error) => options.onProblem('smtp.connection', error.message));
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const port = await listen(server.server, options.host, options.port);
  return { port, close: (drainMs) => drain({ server, sockets, busy, drainMs }) };
}

function listen(server: import('node:net').Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.removeListener('error', reject);
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}
