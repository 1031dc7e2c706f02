/** A listener with clients for tests; everything is closed by `close`. */

import { type SmtpSession, smtpSession } from '@tinyfat/testing/smtp-session';
import type {
  OversizeSmtpDelivery,
  SmtpAnswer,
  SmtpDelivery,
  SmtpListener,
  SmtpListenerOptions,
  SmtpRefusal,
} from '../node/smtp-in/contract.ts';
import { smtpListener } from '../node/smtp-in/smtp-listener.ts';

export const accepted: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Stored' };

export const tooLarge: SmtpAnswer = { code: 552, enhanced: '5.3.4', text: 'Over the limit' };

export interface Listening {
  listener: SmtpListener;
  taken: SmtpDelivery[];
  oversize: OversizeSmtpDelivery[];
  refusals: SmtpRefusal[];
  /** Names of events. */
  problems: string[];
  /** Their details, in the same order. */
  details: string[];
}

export interface SmtpHarness {
  /** Starts a listener that knows every address at agents.test. */
  listen(options?: Partial<SmtpListenerOptions>): Promise<Listening>;
  /** Connects; says EHLO unless the greeting is to be read by the test. `from` is another loopback address. */
  session(port: number, greeted?: boolean, from?: string): Promise<SmtpSession>;
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
      const heard: Omit<Listening, 'listener'> = {
        taken: [],
        oversize: [],
        refusals: [],
        problems: [],
        details: [],
      };
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
        clock: Date.now,
        onRecipient: async (address) =>
          address.endsWith('@agents.test') ? null : { code: 550, enhanced: '5.1.1', text: 'No such agent' },
        onMessage: async (delivery) => {
          heard.taken.push(delivery);
          return accepted;
        },
        onOversize: async (delivery) => {
          heard.oversize.push(delivery);
          return tooLarge;
        },
        onRefusal: (refusal) => heard.refusals.push(refusal),
        onProblem: (event, detail) => {
          heard.problems.push(event);
          heard.details.push(detail);
        },
        ...options,
      });
      listeners.push(listener);
      return { listener, ...heard };
    },
    async session(port, greeted = true, from = undefined) {
      const client = smtpSession(port, '127.0.0.1', from);
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
