/**
 * The way in: an SMTP listener that takes mail for known recipients only, never relays, never
 * authenticates, and gives 250 for a message only when `onMessage` did (RFC 5321).
 */
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { faultBarrier, faultText, printableAscii } from '@tinyfat/core';
import { clientNetwork, networkList, normalAddress } from '../../network/network.ts';
import { answerError, answers, answerText, barred } from './answers.ts';
import { connectionLedger } from './connection-ledger.ts';
import type { SmtpAnswer, SmtpListener, SmtpListenerOptions, SmtpRefusal } from './contract.ts';
import { declaredSizeWatch, explainDeclaredSize } from './declared-size.ts';
import { drain } from './drain.ts';
import { messageReceiver, type Peer } from './receive-message.ts';
import { refusalLedger } from './refusal-ledger.ts';

/** Messages that one connection may bring, and recipients it may ask for in vain. */
const messagesPerConnection = 100;
const refusedRecipientsPerConnection = 50;
/** Ms without a byte from the client; RFC 5321 section 4.5.3.2.7 asks servers for five minutes. */
const idleTimeoutMs = 300_000;
/** RFC 5321 section 4.5.3.1.3: 256 octets with the angle brackets. */
const maxAddressBytes = 254;
/** Control and format characters, surrogates, unassigned ones, separators, and what stands for a lost byte. */
const invisible = /[\p{C}\p{Z}\ufffd]/u;
/** Not for the public: accounts, other servers' say on who the client is, and smtp-server's jokes. */
const neverServed = ['AUTH', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'];

/** Resolves when the port is listened on; rejects when it cannot be, or on a bad network or certificate. */
export async function smtpListener(given: SmtpListenerOptions): Promise<SmtpListener> {
  const { SMTPServer } = await import('smtp-server');
  const options = { ...given, onProblem: problem };
  const isTrusted = networkList(options.trustedClients);
  const ledger = connectionLedger(options.maxConnectionsPerClient);
  const refusals = refusalLedger(options.maxRefusalsPerClientHour ?? 100, options.clock, (client) =>
    problem('smtp.client_refused', client),
  );
  const receive = messageReceiver(options);
  const sockets = new Set<Socket>();
  /** Connections between DATA and its answer. */
  const busy = new Set<string>();

  function problem(event: string, detail: string): void {
    given.onProblem(event, printableAscii(detail, 300));
  }
  function peer(session: { remoteAddress: string }): Peer {
    const address = normalAddress(session.remoteAddress);
    return { address, network: clientNetwork(address), trusted: isTrusted(address) };
  }
  function countRefusal({ trusted, network }: Peer): void {
    if (!trusted) refusals.add(network);
  }
  function turnedAway({ trusted, network }: Peer): SmtpAnswer | null {
    const until = trusted ? null : refusals.barredUntil(network);
    return until === null ? null : barred(until);
  }
  function connection(id: string) {
    for (const open of server.connections) if (open.id === id) return open;
    return null;
  }

  /** Does the work of a callback. A fault in it ends that connection, whose client tries again later. */
  function guarded(id: string, work: () => unknown): void {
    faultBarrier((fault) => {
      busy.delete(id);
      const open = connection(id);
      open?.send(answers.fault.code, answerText(answers.fault));
      open?.close();
      given.onProblem('smtp.fault', faultText(fault));
    })(work)();
  }

  function reportRefusal(kind: SmtpRefusal['kind'], address: string, answer: SmtpAnswer, client: Peer): void {
    if (answer.code >= 500) countRefusal(client);
    options.onRefusal({ kind, address: printableAscii(address, 254), client: client.address, answer });
  }
  async function answerRecipient(
    address: string,
    connectionId: string,
    client: Peer,
  ): Promise<SmtpAnswer | null> {
    try {
      const refusal = isPlainAddress(address) ? await options.onRecipient(address) : answers.badRecipient;
      if (refusal === null) return null;
      reportRefusal('recipient', address, refusal, client);
      const many = ledger.refuseRecipient(connectionId) > refusedRecipientsPerConnection;
      return many ? answers.tooManyRefused : refusal;
    } catch (error) {
      problem('smtp.recipient', error instanceof Error ? error.message : String(error));
      return answers.failed;
    }
  }

  const server = new SMTPServer({
    name: options.hostname,
    disabledCommands: [...neverServed, ...(options.tls === null ? ['STARTTLS'] : [])],
    ...(options.tls ?? {}),
    disableReverseLookup: true,
    logger: declaredSizeWatch((id, command) =>
      guarded(id, () => {
        const open = connection(id);
        if (open === null) return;
        const client = peer(open);
        countRefusal(client);
        problem('smtp.too_large_declared', `${client.address} ${command}`);
      }),
    ),
    size: options.maxMessageBytes,
    maxRecipients: options.maxRecipients,
    maxClients: options.maxConnections,
    maxCommandLength: 4096,
    // What it would refuse with 501 it tells nobody; intake says what is wrong with an address, and to whom.
    lenientAddressParsing: true,
    socketTimeout: idleTimeoutMs,

    onConnect(session, callback) {
      guarded(session.id, () => {
        const client = peer(session);
        const out = turnedAway(client);
        if (out !== null) return callback(answerError(out));
        const room = ledger.open(session.id, client.network);
        const open = connection(session.id);
        if (open) explainDeclaredSize(open);
        callback(room ? null : answerError(answers.tooManyFromClient));
      });
    },
    onClose(session) {
      guarded(session.id, () => ledger.close(session.id));
    },
    onMailFrom({ address }, session, callback) {
      guarded(session.id, () => {
        if (session.transaction > messagesPerConnection)
          return callback(answerError(answers.tooManyMessages));
        const out = turnedAway(peer(session));
        if (out !== null) return callback(answerError(out));
        if (isPlainAddress(address)) return callback(null);
        reportRefusal('sender', address, answers.badSender, peer(session));
        callback(answerError(answers.badSender));
      });
    },
    onRcptTo({ address }, session, callback) {
      guarded(session.id, async () => {
        const answer = await answerRecipient(address, session.id, peer(session));
        callback(answer === null ? null : answerError(answer));
      });
    },
    onData(stream, session, callback) {
      guarded(session.id, async () => {
        busy.add(session.id);
        const client = peer(session);
        const received = await receive(stream, session, client);
        busy.delete(session.id);
        if (received === null) return;
        const { answer, flooding } = received;
        if (answer.code >= 500 || answer.countsAsRefusal) countRefusal(client);
        if (flooding) return hangUp(session.id, client, answer);
        if (answer.code < 400) callback(null, answerText(answer));
        else callback(answerError(answer));
      });
    },
  });
  const guard = faultBarrier((fault) => given.onProblem('smtp.fault', faultText(fault)));
  server.on(
    'error',
    guard((error: Error) => problem('smtp.connection', error.message)),
  );
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /** The client may read its answer or not; it is not waited for until it has sent everything. */
  function hangUp(id: string, client: Peer, answer: SmtpAnswer): void {
    problem('smtp.flood', client.address);
    const open = connection(id);
    open?.send(answer.code, answerText(answer));
    open?.close();
  }

  const port = await listen(server.server, options.host, options.port);
  return {
    port,
    replaceCertificate({ key, cert }) {
      // smtp-server forgets the pair that it has before it looks at the new one.
      createSecureContext({ key, cert });
      server.updateSecureContext({ key, cert });
    },
    close: (drainMs) => drain({ server, sockets, busy, drainMs }),
  };
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

/**
 * Whether an address of MAIL FROM or RCPT TO is short and made of visible characters; the empty one is. smtp-server
 * looks for control characters before it decodes A-labels, whose decoded form may hold some, and makes one replacement
 * character of any broken UTF-8.
 */
function isPlainAddress(address: string): boolean {
  return Buffer.byteLength(address) <= maxAddressBytes && !invisible.test(address);
}
