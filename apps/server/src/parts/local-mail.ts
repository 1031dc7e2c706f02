/** Mail to and from agents without a mail program, while mail goes nowhere but into the Maildir of this machine. */
import { MAX_MESSAGE_BYTES, type Runtime } from '@tinyfat/core';
import type { MailWorkers } from '@tinyfat/mail';
import { findInMaildir, handIn } from '@tinyfat/mail/node';
import type { LocalMail } from '@tinyfat/platform';
import type { Config } from '../config.ts';
import { mailWay } from '../mail-way.ts';

/** Where a listener on all addresses of this machine is reached from it. */
const NEAR: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Null where mail leaves this machine, where nothing listens, or where the listener would ask the DNS whether a mail of this
 * machine is its sender's: it could not be.
 */
export function localMail(
  config: Pick<Config, 'smtp' | 'smtpUrl' | 'mailProvider' | 'trustedClients'>,
  mailbox: string,
  { makeId }: Pick<Runtime, 'makeId'>,
  workers: Pick<MailWorkers, 'read'>,
): LocalMail | null {
  const { host, port } = config.smtp;
  if (port === null || mailWay(config) !== null || config.trustedClients.length === 0) return null;
  return {
    async send(mail) {
      const messageId = `<${makeId()}@send.tinyfat.localhost>`;
      const handed = await handIn({ host: NEAR[host] ?? host, port, messageId, ...mail });
      return handed.ok ? { ok: true, messageId } : handed;
    },
    async sent(key) {
      const found = await findInMaildir(mailbox, key, MAX_MESSAGE_BYTES);
      if (found === null) return null;
      const read = await workers.read(found.raw);
      return read.ok ? { file: found.path, text: read.content.text } : null;
    },
  };
}
