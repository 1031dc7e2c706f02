/** The SMTP listener in front of the intake. */
import { MAX_MESSAGE_BYTES } from '@tinyfat/core';
import { type IntakeDeps, receive, recipientRefusal } from '@tinyfat/intake';
import { type SmtpDelivery, type SmtpListener, smtpListener } from '@tinyfat/mail/node';
import type { Config } from '../config.ts';
import type { TlsPair } from '../files/tls-files.ts';
import type { Part } from './part.ts';

/** Of all messages that have no answer yet: six of the largest; one client gets half. */
const MAX_BUFFERED_BYTES = 6 * MAX_MESSAGE_BYTES;
const DRAIN_MS = 5000;

/** Listens; null where no port is configured. Without `tls` STARTTLS is not offered. Rejects for a port that is taken. */
export function smtp(
  { smtp, trustedClients }: Pick<Config, 'smtp' | 'trustedClients'>,
  intake: IntakeDeps,
  tls: Pick<TlsPair, 'key' | 'cert'> | null,
): Part<SmtpListener | null> {
  const { logger } = intake;
  const { host, port } = smtp;
  const take = (delivery: SmtpDelivery, oversizeBytes?: number) =>
    receive(intake, {
      via: 'smtp',
      client: delivery.client,
      envelopeSender: delivery.sender,
      envelopeRecipients: delivery.recipients,
      raw: delivery.raw,
      ...(oversizeBytes === undefined ? {} : { oversizeBytes }),
    });
  return {
    name: 'SMTP listener',
    async start() {
      if (port === null) return null;
      return await smtpListener({
        host,
        port,
        hostname: intake.mailDomain,
        clock: intake.clock,
        tls: tls && { key: tls.key, cert: tls.cert },
        maxMessageBytes: MAX_MESSAGE_BYTES,
        maxBufferedBytes: MAX_BUFFERED_BYTES,
        maxRecipients: 100,
        maxConnections: 500,
        maxConnectionsPerClient: 100,
        // Most of them wait for the DNS of their senders' domains.
        maxInFlight: 128,
        trustedClients,
        onRecipient: (address) => recipientRefusal(intake, address),
        onMessage: (delivery) => take(delivery),
        onOversize: (delivery) => take(delivery, delivery.bytes),
        onRefusal: ({ kind, address, client, answer }) =>
          logger.info('mail_refused', {
            kind,
            // A tag may be the token of a secret address.
            address: address.replace(/\+[^@]*/, '+...'),
            client,
            code: answer.code,
            text: answer.text,
          }),
        onProblem: (event, detail) => logger.warn(event, { detail }),
      });
    },
    stop: (listener) => listener?.close(DRAIN_MS),
  };
}
