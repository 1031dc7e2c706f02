/** `tinyfat start`: the server until SIGTERM or SIGINT. */
import { describeError } from '@tinyfat/core';
import { listAgents } from '@tinyfat/database';
import type { Run } from '../command-line/spec.ts';
import { type Config, isLoopback } from '../config.ts';
import { makeLogger } from '../logger.ts';
import { printable } from '../output/text.ts';
import { installLastResort } from '../server/last-resort.ts';
import { mailWay } from '../server/mail-transport.ts';
import type { SignInMail } from '../server/sign-in-mails.ts';
import { type Server, type StartResult, startServer } from '../server/start-server.ts';

/** How long running turns may go on after SIGTERM; what is cut off is tried again at the next start. */
const DRAIN_MS = 20_000;
/** From a fault that nothing caught to the exit; what runs is cut off at once. */
const FAULT_MS = 15_000;

/** Starts, says in a few lines what is where, and drains on SIGTERM or SIGINT. */
export const start: Run = async (_given, config) => {
  const logger = makeLogger({
    level: config.logLevel,
    plain: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  // Whoever read what is printed may go away; mail is served all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const lastResort = installLastResort({ process, logger, graceMs: FAULT_MS });
  const started = await startServer(config, logger, showSignIn).catch(takenPort);
  if (!started.ok) {
    console.error(`tinyfat did not start: ${started.reason}\nTo mend it: ${started.fix}`);
    return 1;
  }
  const { server } = started;
  lastResort.stopWith(() => server.stop(0));
  for (const line of await welcome(config, server)) console.log(line);
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  logger.info('stopping', { signal });
  // A second signal does not wait for the running turns.
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  const stopped = await server.stop(DRAIN_MS).then(
    () => true,
    () => false,
  );
  // A connection to a relay that no longer answers must not keep the process.
  process.exit(stopped && !lastResort.faulted() ? 0 : 1);
};

function signInNote({ publicUrl, adminEmails }: Config): string {
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && !isLoopback(hostname)) {
    return ' (plain http: cookies can be read on the way; put a proxy with TLS in front)';
  }
  return adminEmails.length === 0 ? ' (owners see their own agents; ADMIN_EMAILS names who sees all)' : '';
}

/** Without a way out for mail, whoever sits at this terminal is who can read it. Goes into no log. */
function showSignIn({ address, link, code }: SignInMail): void {
  console.log(`Sign in      ${printable(address)}: ${link} (code ${code})`);
}

/** A taken port is told with its next step; anything else is a surprise and goes on as it is. */
function takenPort(error: unknown): Extract<StartResult, { ok: false }> {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
  const { sentence, nextStep } = describeError('port_in_use');
  return { ok: false, reason: `${sentence} (${error.message})`, fix: nextStep };
}

async function welcome(config: Config, server: Server): Promise<string[]> {
  const agents = await listAgents(server.data.db);
  const [first] = agents;
  const { host } = config.smtp;
  const lines = [
    first
      ? `Write to     ${agents
          .map((agent) => `${agent.name}@${config.mailDomain}`)
          .slice(0, 5)
          .join(', ')}${agents.length > 5 ? ` and ${agents.length - 5} more` : ''}`
      : 'Write to     nobody yet; make an agent: tinyfat agent create NAME --owner you@example.com',
    server.smtpPort === null
      ? 'Mail in      no SMTP listener (SMTP_PORT=0)'
      : `Mail in      SMTP on ${host}:${server.smtpPort}${isLoopback(host) ? ' (this machine only)' : ''}`,
    ...webhookLines(config),
    `Mail out     ${mailWay(config) ?? `Maildir ${server.data.paths.mailbox} (set SMTP_URL, RESEND_API_KEY or POSTMARK_SERVER_TOKEN to send for real)`}`,
    config.anthropic.apiKey
      ? `Model        ${config.anthropic.baseUrl}`
      : 'Model        built-in demo model (set ANTHROPIC_API_KEY for a real one)',
    `Sign in      ${config.publicUrl}${signInNote(config)}`,
    `Health       http://${config.http.host}:${server.httpPort}/health/ready`,
    `Everything   is in ${config.dataDir}`,
  ];
  return lines;
}

/** What is to be entered at the providers. */
function webhookLines({ webhooks, publicUrl }: Config): string[] {
  const providers = [
    ...(webhooks.resendSecrets.length > 0 ? ['resend'] : []),
    ...(webhooks.postmarkCredentials.length > 0 ? ['postmark'] : []),
  ];
  return providers.map((provider) => `Mail in      webhook ${publicUrl}/webhooks/${provider}`);
}
