/** The ports that the server listens on: free, or the running server's. */
import { createServer } from 'node:net';
import { errorCode, hostWithPort } from '@tinyfat/core';
import { type Config, takesWebhooks } from '../config.ts';
import { lockDataFolder } from '../files/lock.ts';
import { broken, type Check, isFolder, note, type Observation, ok, wordsOf } from './finding.ts';

/** The listener for mail. */
export function smtpPortCheck(config: Config): Check {
  const { host, port } = config.smtp;
  return {
    name: 'smtp port',
    async look() {
      if (port !== null) return await portFinding({ host, port }, ['SMTP_HOST', 'SMTP_PORT'], config);
      if (takesWebhooks(config.webhooks)) return ok('no listener; mail comes by webhook');
      return broken(
        'no listener, and no webhook: no mail comes in',
        'Set SMTP_PORT to take mail by SMTP, or RESEND_WEBHOOK_SECRET or POSTMARK_WEBHOOK_AUTH.',
      );
    },
  };
}

/** The port of the pages, the API and webhooks. */
export function httpPortCheck(config: Config): Check {
  const { host, port } = config.http;
  return {
    name: 'http port',
    async look() {
      if (port === 0) return ok('one that is free at the start');
      return await portFinding({ host, port }, ['HOST', 'PORT'], config);
    },
  };
}

/** Listens for a moment. `hostName` and `portName` are the variables of the two. */
async function portFinding(
  { host, port }: { host: string; port: number },
  [hostName, portName]: readonly [hostName: string, portName: string],
  { dataDir }: Config,
): Promise<Observation> {
  const place = hostWithPort(host, port);
  const problem = await listenOnce(host, port);
  if (problem === null) return ok(`${place} is free`);
  switch (errorCode(problem)) {
    case 'EADDRINUSE':
      if (serverRuns(dataDir)) return ok(`${place}, used by the running server`);
      return broken(
        `another program has ${place}`,
        `Stop it, or set ${portName} to a free port. Which program it is:`,
        `ss -ltnp 'sport = :${port}'`,
      );
    case 'EACCES':
      return broken(
        `this user may not listen on ${place}`,
        `Ports below 1024 are root's: set ${portName} to another one and forward to it, or allow it as in docs/self-host.md, "MX and port 25".`,
      );
    case 'EADDRNOTAVAIL':
      return broken(
        `${host} is no address of this machine`,
        `Set ${hostName} to one of its addresses, or to 0.0.0.0 or :: for all.`,
      );
    default:
      return note(
        `${place} can not be listened on: ${wordsOf(problem)}`,
        `Look at ${hostName} and ${portName}.`,
      );
  }
}

function listenOnce(host: string, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

/** Takes the lock for a moment: only where the port is taken, so that no starting server finds the folder locked. */
function serverRuns(dataDir: string): boolean {
  if (!isFolder(dataDir)) return false;
  try {
    const lock = lockDataFolder(dataDir);
    if (lock.ok) lock.release();
    return !lock.ok && lock.taken;
  } catch {
    return false;
  }
}
