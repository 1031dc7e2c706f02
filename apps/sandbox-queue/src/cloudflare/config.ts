/** The settings of this Worker, from its variables and secrets; they mean what they mean for the server. */
import type { MailProvider } from '@tinyfat/core';
import { type CommonSettings, count, readCommonSettings, settingsReader, webUrl } from '@tinyfat/settings';

export interface QueueSettings extends CommonSettings {
  mailProvider: MailProvider;
  /** Where the pages are; null where it is not set: letters have no link then. */
  publicUrl: string | null;
  /** The operator's key, which this Worker does not have, pays for agents whose owner has stored none. */
  operatorPays: boolean;
  /** Turns at once of the installation; one owner gets all but one of them while others wait. */
  workers: number;
}

/** A turn that is longer does not fit, with what comes before and after it, into the 15 minutes of an invocation. */
const LONGEST_TURN_MS = 12 * 60_000;
/** Consumers at once of a queue at most; the deployment may name more containers. */
const MOST_WORKERS = 250;
const WORKERS = 20;

/** Reads them; throws with all that is wrong. Bindings that are no text are left out. */
export function readSettings(bindings: object): QueueSettings {
  const texts = Object.entries(bindings).filter(([, value]) => typeof value === 'string');
  const reader = settingsReader(Object.fromEntries(texts));
  const common = readCommonSettings(reader);
  const { problems } = reader;
  if (common.turnTimeoutMs > LONGEST_TURN_MS) {
    problems.push(
      'TURN_TIMEOUT_S must be at most 720 here: an invocation of a Worker ends after 15 minutes.',
    );
  }
  if (common.mailProvider === null) {
    problems.push('RESEND_API_KEY or POSTMARK_SERVER_TOKEN must be set: mail goes out through one of them.');
  }
  const workers = Math.min(reader.read('WORKERS', count(9999), WORKERS), MOST_WORKERS);
  if (common.mailProvider === null || problems.length > 0) throw new Error(problems.join(' '));
  const { mailProvider } = common;
  return {
    ...common,
    mailProvider,
    publicUrl: reader.read<string | null>('PUBLIC_URL', webUrl, null),
    workers,
    operatorPays: reader.text('OPERATOR_PAYS') === 'yes',
  };
}
