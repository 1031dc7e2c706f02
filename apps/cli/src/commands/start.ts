/** `tinyfat start`: the server until SIGTERM or SIGINT. */
import { hostWithPort, isLoopbackHostname } from '@tinyfat/core';
import { listAgents } from '@tinyfat/database';
import type { RelayCheck } from '@tinyfat/mail/node';
import type { SignInMail } from '@tinyfat/platform/accounts';
import { type Config, isLoopback } from '@tinyfat/server/config';
import { installLastResort } from '@tinyfat/server/last-resort';
import { mailWay } from '@tinyfat/server/mail-way';
import { DUTIES, DUTY_NAMES, hasDuty, ROLES, type Role } from '@tinyfat/server/roles';
import { type Server, startServer } from '@tinyfat/server/start-server';
import { makeLogger } from '@tinyfat/settings';
import type { Run } from '../command.ts';
import { printable } from '../output/text.ts';

/** How long running turns may go on after SIGTERM; what is cut off is tried again at the next start. */
const DRAIN_MS = 20_000;
/** From a fault that nothing caught to the exit; what runs is cut off at once. */
const FAULT_MS = 15_000;

interface StartOptions {
  role: string;
  adopt: boolean;
}

/** Starts, says in a few lines what is where, and drains on SIGTERM or SIGINT. */
export const start: Run<[], StartOptions> = async ({ options }, config) => {
  const role = ROLES.find((name) => name === options.role) ?? 'all';
  const logger = makeLogger({
    level: config.logLevel,
    plain: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  // The reader of the output may go away; the server goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const lastResort = installLastResort({ process, logger, graceMs: FAULT_MS });
  let server: Server | null = null;
  let isReloadDue = false;
  const onHangUp = hangUps(config, () => {
    isReloadDue = server === null;
    server?.reloadCertificate();
  });
  const started = await startServer(config, logger, { role, adopt: options.adopt, onSignIn: showSignIn });
  if (!started.ok) {
    console.error(`tinyfat did not start: ${started.reason}\nTo mend it: ${started.fix}`);
    return 1;
  }
  const running = started.server;
  server = running;
  if (isReloadDue) running.reloadCertificate();
  lastResort.stopWith(() => running.stop(0));
  for (const line of await welcome(config, running)) console.log(line);
  void running.checkMailOut().then((check) => {
    if (check) console.log(mailOutLine(check));
  });
  const signal = await new Promise<string>((resolve) => {
    onHangUp(() => resolve('SIGHUP'));
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  logger.info('stopping', { signal });
  // A second signal does not wait for the running turns.
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  const stopped = await running.stop(DRAIN_MS).then(
    () => true,
    () => false,
  );
  // A connection to a relay that no longer answers must not keep the process.
  process.exit(stopped && !lastResort.faulted() ? 0 : 1);
};

/**
 * SIGHUP reloads the certificate. Without a certificate and with a terminal it means that the terminal has gone: the server
 * stops in order. Gives the function that sets how to stop.
 */
function hangUps(config: Config, reload: () => void): (stop: () => void) => void {
  let stop: () => void = () => process.exit(1);
  process.on('SIGHUP', () => {
    if (config.smtp.tls === null && process.stdin.isTTY === true) stop();
    else reload();
  });
  return (given) => {
    stop = given;
  };
}

/** The result of the check of the relay. */
function mailOutLine(check: RelayCheck): string {
  if (check.ok) return `Mail out     works: ${printable(check.detail)}`;
  return `Mail out     FAILS: ${printable(check.reason)}\n             To mend it: ${check.fix} Mail is taken all the same; answers wait.`;
}

function signInNote({ publicUrl, adminEmails }: Config): string {
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && !isLoopbackHostname(hostname)) {
    return ' (plain http: cookies can be read on the way; put a proxy with TLS in front)';
  }
  return adminEmails.length === 0 ? ' (owners see their own agents; ADMIN_EMAILS names who sees all)' : '';
}

/** Without a way out for mail the link is shown at this terminal. It goes into no log. */
function showSignIn({ address, link, code }: SignInMail): void {
  console.log(`Sign in      ${printable(address)}: ${link} (code ${code})`);
}

async function welcome(config: Config, server: Server): Promise<string[]> {
  const { role } = server;
  return [
    ...(role === 'all' ? [] : roleLines(role)),
    ...(hasDuty(role, 'smtp') ? await smtpLines(config, server) : []),
    ...(hasDuty(role, 'platform') ? webhookLines(config) : []),
    ...(hasDuty(role, 'worker') ? workerLines(config, server) : []),
    ...(hasDuty(role, 'platform') ? [`Sign in      ${config.publicUrl}${signInNote(config)}`] : []),
    server.httpPort === null
      ? 'Health       not asked for by HTTP (set HEALTH_PORT)'
      : `Health       http://${hostWithPort(config.http.host, server.httpPort)}/health/ready`,
    `Everything   is in ${config.dataDir}${config.database === null ? '' : ' and the database of DATABASE_URL'}`,
  ];
}

/** What a process with one role does, and which others there must be. */
function roleLines(role: Role): string[] {
  const others = DUTY_NAMES.filter((duty) => !hasDuty(role, duty));
  return [
    `Role         ${DUTY_NAMES.filter((duty) => hasDuty(role, duty))
      .map((duty) => `${duty}: ${DUTIES[duty]}`)
      .join('; ')}`,
    ...others.map((duty) => `Not here     ${duty}: ${DUTIES[duty]} (tinyfat start --role ${duty})`),
  ];
}

async function smtpLines({ smtp: { host }, mailDomain }: Config, server: Server): Promise<string[]> {
  const agents = await listAgents(server.data.db);
  const addresses = agents.slice(0, 5).map(({ name }) => `${name}@${mailDomain}`);
  const more = agents.length > addresses.length ? ` and ${agents.length - addresses.length} more` : '';
  return [
    agents.length > 0
      ? `Write to     ${addresses.join(', ')}${more}`
      : 'Write to     nobody yet; make an agent: tinyfat agent create NAME --owner you@example.com',
    server.smtpPort === null
      ? 'Mail in      no SMTP listener (SMTP_PORT=0)'
      : `Mail in      SMTP on ${hostWithPort(host, server.smtpPort)}${isLoopback(host) ? ' (this machine only)' : ''}`,
  ];
}

function workerLines(config: Config, server: Server): string[] {
  return [
    `Mail out     ${mailWay(config) ?? `Maildir ${server.data.paths.mailbox} (set SMTP_URL, RESEND_API_KEY or POSTMARK_SERVER_TOKEN to send for real)`}`,
    config.anthropic.apiKey
      ? `Model        ${config.anthropic.baseUrl}`
      : 'Model        built-in demo model (set ANTHROPIC_API_KEY for a real one)',
  ];
}

/** The addresses to enter at the providers. */
function webhookLines({ webhooks, publicUrl }: Config): string[] {
  const providers = [
    ...(webhooks.resendSecrets.length > 0 ? ['resend'] : []),
    ...(webhooks.postmarkCredentials.length > 0 ? ['postmark'] : []),
  ];
  return providers.map((provider) => `Mail in      webhook ${publicUrl}/webhooks/${provider}`);
}
