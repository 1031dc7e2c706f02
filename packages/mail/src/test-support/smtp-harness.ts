/** A listener with clients for tests; everything is closed by `close`. */
import type { SmtpAnswer, SmtpDelivery, SmtpListener, SmtpListenerOptions } from '../contract.ts';
import { smtpListener } from '../smtp-in/smtp-listener.ts';
import { type SmtpSession, smtpSession } from './smtp-session.ts';

export const accepted: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Stored' };

export interface Listening {
  listener: SmtpListener;
  taken: SmtpDelivery[];
  problems: string[];
}

export interface SmtpHarness {
  /** Starts a listener that knows every address at agents.test. */
  listen(options?: Partial<SmtpListenerOptions>): Promise<Listening>;
  /** Connects; says EHLO unless the greeting is to be read by the test. */
  session(port: number, greeted?: boolean): Promise<SmtpSession>;
  /** Goes on to DATA; throws when the server does not. */
  toData(client: SmtpSession): Promise<void>;
  close(): Promise<void>;
}

/** Small limits, so that tests reach them. */
export function smtpHarness(): SmtpHarness {
  const listeners: SmtpListener[] = [];
  const sessions: SmtpSession[] = [];
  return {
    async listen(options = {}) {
      const taken: SmtpDelivery[] = [];
      const problems: string[] = [];
      const listener = await smtpListener({
        host: '127.0.0.1',
        port: 0,
        hostname: 'mx.agents.test',
        tls: null,
        maxMessageBytes: 10_000,
        maxRecipients: 3,
        maxConnections: 20,
        maxConnectionsPerClient: 10,
        maxInFlight: 5,
        trustedClients: [],
        onRecipient: async (address) =>
          address.endsWith('@agents.test') ? null : { code: 550, enhanced: '5.1.1', text: 'No such agent' },
        onMessage: async (delivery) => {
          taken.push(delivery);
          return accepted;
        },
        onProblem: (event) => problems.push(event),
        ...options,
      });
      listeners.push(listener);
      return { listener, taken, problems };
    },
    async session(port, greeted = true) {
      const client = smtpSession(port);
      sessions.push(client);
      if (greeted) {
        const greeting = await client.reply();
        if (greeting !== '220 mx.agents.test ESMTP') throw new Error(greeting);
        await client.command('EHLO client.example');
      }
      return client;
    },
    async toData(client) {
      for (const line of ['MAIL FROM:<ann@example.com>', 'RCPT TO:<bot@agents.test>', 'DATA']) {
        const reply = await client.command(line);
        if (!/^[23]/.test(reply)) throw new Error(`${line}: ${reply}`);
      }
    },
    async close() {
      for (const session of sessions.splice(0)) session.end();
      for (const listener of listeners.splice(0)) await listener.close(0);
    },
  };
}
