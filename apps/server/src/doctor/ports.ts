/** The ports that the server listens on: free, or the running server's. */
import { createServer } from 'node:net';
import { errorCode } from '@tinyfat/core';
import { type Config, takesWebhooks } from '../config.ts';
import { lockDataFolder } from '../files/lock.ts';
import { broken, type Check, type Finding, isFolder, note, ok, wordsOf } from './finding.ts';

/** The listener for mail. */
export function smtpPortCheck(config: Config): Check {
  const { host, port } = config.smtp;
  return {
    name: 'smtp port',
    async look() {
      if (port !== null)
        return await portFinding({ name: 'smtp port', variable: 'SMTP', host, port }, config);
      if (takesWebhooks(config.webhooks)) return ok('smtp port', 'no listener; mail comes by webhook');
      return broken(
        'smtp port',
        'no listener, and no webhook: no mail comes in',
        'Set SMTP_PORT to take mail by SMTP, or RESEND_WEBHOOK_SECRET or POSTMARK_WEBHOOK_AUTH.',
      );
    },
  };
}

/** The port of the pages, the API and webhooks. */
export function httpPortCheck(config: Config): Check {
  const { host, port } = config.http;
  const name = 'http port';
  return {
    name,
    async look() {
      if (port === 0) return ok(name, 'one that is free at the start');
      return await portFinding({ name, variable: '', host, port }, config);
    },
  };
}

interface Place {
  name: string;
  /** Before _HOST and _PORT. */
  variable: string;
  host: string;
  port: number;
}

/** Listens for a moment. */
async function portFinding({ name, variable, host, port }: Place, { dataDir }: Config): Promise<Finding> {
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const [hostName, portName] = variable === '' ? ['HOST', 'PORT'] : [`${variable}_HOST`, `${variable}_PORT`];
  const problem = await listenOnce(host, port);
  if (problem === null) return ok(name, `${place} is free`);
  switch (errorCode(problem)) {
    case 'EADDRINUSE':
      if (serverRuns(dataDir)) return ok(name, `${place}, used by the running server`);
      return broken(
        name,
        `another program has ${place}`,
        `Stop it, or set ${portName} to a free port. Which program it is:`,
        `ss -ltnp 'sport = :${port}'`,
      );
    case 'EACCES':
      return broken(
        name,
        `this user may not listen on ${place}`,
        `Ports below 1024 are root's: set ${portName} to another one and forward to it, or allow it as in docs/self-host.md, "MX and port 25".`,
      );
    case 'EADDRNOTAVAIL':
      return broken(
        name,
        `${host} is no address of this machine`,
        `Set ${hostName} to one of its addresses, or to 0.0.0.0 or :: for all.`,
      );
    default:
      return note(
        name,
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

/** Only asked where the port is taken, so that no server which starts just now finds the folder locked by us. */
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
