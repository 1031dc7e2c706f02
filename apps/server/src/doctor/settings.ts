/** Settings that are valid each and have no effect, or harm, together. */
import { isLoopbackHostname } from '@tinyfat/core';
import { type Config, isLoopback, takesWebhooks } from '../config.ts';
import { type Check, note, type Observation, ok } from './finding.ts';
import { hasOwnDomain } from './mail-settings.ts';

/** What a turn may take (docs/self-host.md, "Limits of a turn"). */
const TURN_BYTES = 2 ** 30;

/** `memoryBytes`: what this machine, or the container around this process, has. */
export function settingsCheck(config: Config, memoryBytes: number): Check {
  return {
    name: 'settings',
    look() {
      const found = [
        ...reached(config),
        ...trusted(config),
        ...proxied(config),
        ...limited(config, memoryBytes),
      ];
      return found.length > 0 ? found : ok('nothing contradicts');
    },
  };
}

function* reached(config: Config): Generator<Observation> {
  const { smtp, webhooks, trustedClients } = config;
  if (smtp.port === null && smtp.tls !== null)
    yield note('SMTP_TLS_CERT is set, and SMTP_PORT=0 has no listener', 'Remove one of them.');
  if (
    hasOwnDomain(config) &&
    smtp.port !== null &&
    isLoopback(smtp.host) &&
    !takesWebhooks(webhooks) &&
    trustedClients.length === 0
  )
    yield note(
      `the listener for ${config.mailDomain} is reached from this machine only (SMTP_HOST=${smtp.host})`,
      'Set SMTP_HOST=0.0.0.0; or, with a mail server in front, TRUSTED_CLIENTS to its address.',
    );
}

function* trusted(config: Config): Generator<Observation> {
  const loopback = config.trustedClients.find((network) => isLoopback(network.split('/')[0] ?? ''));
  if (hasOwnDomain(config) && loopback !== undefined && config.trustedAuthservIds.length === 0)
    yield note(
      `every program on this machine may write in anybody's name (TRUSTED_CLIENTS has ${loopback})`,
      'Right for a machine of your own; else take it out.',
    );
  if (!hasOwnDomain(config) && config.smtp.port !== null && !isLoopback(config.smtp.host))
    yield note(
      `SMTP_HOST is open to others, and MAIL_DOMAIN is ${config.mailDomain}`,
      'Set MAIL_DOMAIN, or SMTP_HOST=127.0.0.1.',
    );
}

function* proxied(config: Config): Generator<Observation> {
  const { protocol, hostname } = new URL(config.publicUrl);
  const local = isLoopbackHostname(hostname);
  if (protocol === 'https:' && !local && config.trustedProxies.length === 0)
    yield note(
      'PUBLIC_URL is behind a proxy, and TRUSTED_PROXIES is empty: all clients count as one',
      'Set TRUSTED_PROXIES to the address that the proxy connects from, such as 127.0.0.1.',
    );
  if (protocol === 'http:' && !local)
    yield note(
      `PUBLIC_URL is ${config.publicUrl}: links and cookies of people go unencrypted`,
      'Put a proxy with TLS in front, and write https://.',
    );
}

function* limited(config: Config, memoryBytes: number): Generator<Observation> {
  const { limits, workers } = config;
  const pairs: [string, number, string, number][] = [
    ['SENDER_MAILS_PER_HOUR', limits.senderHour, 'SENDER_MAILS_PER_DAY', limits.senderDay],
    ['AGENT_MAILS_PER_HOUR', limits.agentHour, 'AGENT_MAILS_PER_DAY', limits.agentDay],
  ];
  for (const [name, value, other, most] of pairs)
    if (value > most)
      yield note(
        `${name} (${value}) is never reached: ${other} is ${most}`,
        `Lower ${name}, or raise ${other}.`,
      );
  if (workers * TURN_BYTES > memoryBytes)
    yield note(
      `${workers} turns at once may need ${workers} GiB, and there are ${(memoryBytes / TURN_BYTES).toFixed(1)}`,
      `Set WORKERS to ${Math.max(1, Math.floor(memoryBytes / TURN_BYTES))}.`,
    );
}
