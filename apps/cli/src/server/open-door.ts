/** The SMTP listener with the door behind it: who is let in, what is written, what is logged. */
import { type Clock, type Logger, MAX_MESSAGE_BYTES, type MakeId, type Recorder } from '@tinyfat/core';
import { allowList, findAgent, findSecretAddress } from '@tinyfat/database';
import type { MailWorkers } from '@tinyfat/mail';
import { type SmtpDelivery, type SmtpListener, smtpListener } from '@tinyfat/mail/node';
import { type DoorPorts, type JobQueue, receive, recipientRefusal } from '@tinyfat/queue';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import type { TlsPair } from '../tls-files.ts';

/** Of all messages that have no answer yet: six of the largest; one client gets half. */
const MAX_BUFFERED_BYTES = 6 * MAX_MESSAGE_BYTES;
/** What is looked at of a larger one. */
export const OVERSIZE_BYTES_KEPT = 64 * 1024;

export interface DoorParts {
  config: Pick<Config, 'smtp' | 'mailDomain' | 'trustedClients'>;
  data: Pick<DataFolder, 'db' | 'rawMail'>;
  workers: Pick<MailWorkers, 'inspect' | 'readReport'>;
  queue: JobQueue;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  recorder: Recorder;
  /** Mails became jobs. */
  onJobs(): void;
  /** Reports changed what became of deliveries. */
  onReports(): void;
}

/**
 * Listens; null where no port is configured. Without `tls` STARTTLS is not offered. Rejects for a port that is taken.
 */
export async function openDoor(
  parts: DoorParts,
  tls: Pick<TlsPair, 'key' | 'cert'> | null = null,
): Promise<SmtpListener | null> {
  const { config, logger } = parts;
  const { host, port } = config.smtp;
  if (port === null) return null;
  const door = doorPorts(parts);
  const take = (delivery: SmtpDelivery, oversizeBytes?: number) =>
    receive(door, {
      via: 'smtp',
      client: delivery.client,
      envelopeSender: delivery.sender,
      envelopeRecipients: delivery.recipients,
      raw: delivery.raw,
      ...(oversizeBytes === undefined ? {} : { oversizeBytes }),
    });
  return await smtpListener({
    host,
    port,
    hostname: config.mailDomain,
    clock: parts.clock,
    tls: tls && { key: tls.key, cert: tls.cert },
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxBufferedBytes: MAX_BUFFERED_BYTES,
    maxRecipients: 100,
    maxConnections: 500,
    maxConnectionsPerClient: 100,
    // Most of them wait for the DNS of their senders' domains.
    maxInFlight: 128,
    trustedClients: config.trustedClients,
    onRecipient: (address) => recipientRefusal(door, address),
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
}

/** What the door needs, whichever way a mail comes. */
export function doorPorts({
  config,
  data,
  workers,
  queue,
  clock,
  makeId,
  logger,
  recorder,
  ...wake
}: DoorParts): DoorPorts {
  const { db, rawMail } = data;
  return {
    clock,
    makeId,
    mailDomain: config.mailDomain,
    inspect: workers.inspect,
    readReport: workers.readReport,
    rawMail,
    queue,
    findAgent: (name) => findAgent(db, name),
    allowList: (agentId) => allowList(db, agentId),
    findSecretAddress: (agentId, tokenSha256) => findSecretAddress(db, agentId, tokenSha256),
    onDeferred: ({ code, reason, client }) => logger.warn('mail_deferred', { code, reason, client }),
    onArrivals: (arrivals) => {
      for (const { mailId, agentName, via, verdict, code } of arrivals) {
        recorder.mail({ trace: mailId, agent: agentName, via, verdict, code });
      }
      if (arrivals.some((arrival) => arrival.queued)) wake.onJobs();
      if (arrivals.some((arrival) => arrival.report)) wake.onReports();
    },
  };
}
