/** Does mail for MAIL_DOMAIN find its way here? (RFC 5321 section 5.1, RFC 7505) */
import { connect } from 'node:net';
import type { Config } from '../../config.ts';
import { broken, type Check, note, type Observation, ok } from '../finding.ts';
import type { Answer, AskDns, MxRecord } from './dns.ts';

/** Ms for one connection. */
const CONNECT_MS = 4000;
const MOST_EXCHANGES = 5;
const MOST_ADDRESSES = 8;

/** Where providers take mail in. */
const PROVIDERS = [
  { name: 'Postmark', exchange: /(^|\.)inbound\.postmarkapp\.com$/, variable: 'POSTMARK_WEBHOOK_AUTH' },
  {
    name: 'Resend',
    exchange: /^(inbound-smtp\..*\.amazonaws\.com|.*\.resend\.(com|app))$/,
    variable: 'RESEND_WEBHOOK_SECRET',
  },
] as const;

interface MxDeps {
  config: Pick<Config, 'mailDomain' | 'webhooks'>;
  mx(): Promise<Answer<MxRecord>>;
  dns: AskDns;
  /** Addresses of the network cards. */
  ownAddresses: readonly string[];
  /** Whether something takes connections there; the port is 25. */
  answers?(address: string, signal: AbortSignal): Promise<boolean>;
}

/** Looks up the records and the addresses behind them. */
export function mxCheck(deps: MxDeps): Check {
  return { name: 'mx', look: (signal) => look(deps, signal) };
}

async function look(deps: MxDeps, signal: AbortSignal): Promise<Observation> {
  const { mailDomain } = deps.config;
  const answer = await deps.mx();
  switch (answer.state) {
    case 'failed':
      return broken(`${mailDomain} could not be looked up: ${answer.why}`, 'Look at the resolver first.');
    case 'no_name':
      return broken(
        `there is no name ${mailDomain} in DNS`,
        `Make an MX record of it that names this server (docs/mail-in.md), or check MAIL_DOMAIN.`,
      );
    case 'none':
      return await withoutRecord(deps, signal);
    case 'found':
      return await follow(deps, inOrder(answer.records), signal);
  }
}

/** Without MX records mail goes to the address of the domain itself. */
async function withoutRecord({ config, dns }: MxDeps, signal: AbortSignal): Promise<Observation> {
  const { mailDomain } = config;
  const own = await dns(signal).addresses(mailDomain);
  if (own.state === 'found')
    return note(
      `${mailDomain} has no MX record; mail goes to its own address ${own.records.join(', ')}`,
      'Make an MX record, so that it does not depend on that.',
    );
  return broken(
    `${mailDomain} has no MX record and no address: nobody can write to it`,
    'Make an MX record of it that names this server (docs/mail-in.md).',
  );
}

function inOrder(records: readonly MxRecord[]): string[] {
  const sorted = records.toSorted((one, other) => one.priority - other.priority);
  return sorted.map(({ exchange }) => exchange.replace(/\.$/, '').toLowerCase()).slice(0, MOST_EXCHANGES);
}

async function follow(deps: MxDeps, exchanges: readonly string[], signal: AbortSignal): Promise<Observation> {
  const { config, dns, ownAddresses, answers = takesConnections } = deps;
  const [first = ''] = exchanges;
  if (first === '')
    return broken(
      `${config.mailDomain} says that it takes no mail (a null MX)`,
      'Name this server in the MX record.',
    );
  const provider = PROVIDERS.find(({ exchange }) => exchange.test(first));
  if (provider !== undefined) return ofProvider(deps, provider, first);
  const { addresses: addressesOf } = dns(signal);
  const found = await Promise.all(
    exchanges.map(async (exchange) => ({ exchange, answer: await addressesOf(exchange) })),
  );
  const nowhere = found.filter(({ answer }) => answer.state !== 'found');
  const addresses = found.flatMap(({ answer }) => (answer.state === 'found' ? answer.records : []));
  if (nowhere.length > 0) {
    const names = nowhere.map(({ exchange }) => exchange).join(', ');
    const mend = 'Make an address record (A or AAAA) of it; an MX record names a host, not an address.';
    if (addresses.length === 0) return broken(`${names} has no address`, mend);
    return note(`${names} has no address; others have`, mend);
  }
  const way = `${exchanges.join(', ')} at ${addresses.slice(0, 3).join(', ')}`;
  // A rule that forwards port 25 does not apply to connections from this machine, so none is tried.
  if (addresses.some((address) => ownAddresses.includes(address))) return ok(`${way}, which is this machine`);
  const tried = await Promise.all(
    addresses.slice(0, MOST_ADDRESSES).map((address) => answers(address, signal)),
  );
  if (tried.some(Boolean)) return ok(`${way}, which takes connections at port 25`);
  return note(
    `${way}: no address of this machine, and nothing answers at port 25`,
    'Check the record and the firewall. Many networks block port 25 on the way out: then try from elsewhere.',
  );
}

function ofProvider(
  { config }: MxDeps,
  { name, variable }: (typeof PROVIDERS)[number],
  exchange: string,
): Observation {
  const { resendSecrets, postmarkCredentials } = config.webhooks;
  const set = name === 'Postmark' ? postmarkCredentials.length > 0 : resendSecrets.length > 0;
  if (set) return ok(`${exchange}: ${name} takes the mail in`);
  return broken(
    `mail goes to ${name} (${exchange}), and ${variable} is not set`,
    `Set ${variable}: docs/self-host.md, "Mail by webhook"; or name this server in the MX record.`,
  );
}

/** A TCP connection to port 25, closed at once. */
function takesConnections(address: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 25, signal });
    const end = (answered: boolean) => {
      resolve(answered);
      socket.destroy();
    };
    socket.setTimeout(CONNECT_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
