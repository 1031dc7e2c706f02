/** What receivers of an agent's mail look up for MAIL_DOMAIN: SPF (RFC 7208) and DMARC (RFC 7489). */
import { BlockList, isIP } from 'node:net';
import { type Config, isLoopback } from '../../config.ts';
import { broken, type Check, note, type Observation, ok } from '../finding.ts';
import { type AskDns, addressesOf, type Dns } from './dns.ts';

interface SenderRecordDeps {
  config: Pick<Config, 'mailDomain' | 'smtpUrl' | 'mailProvider'>;
  dns: AskDns;
}

/** Is there exactly one SPF record, and does it let the relay send? */
export function spfCheck(deps: SenderRecordDeps): Check {
  return { name: 'spf', look: (signal) => spf(deps, deps.dns(signal)) };
}

async function spf({ config }: SenderRecordDeps, dns: Dns): Promise<Observation | Observation[]> {
  const { mailDomain, smtpUrl, mailProvider } = config;
  if (mailProvider !== null) return ok(`${mailProvider.kind} sends with a return path of its own`);
  if (smtpUrl === null) return [];
  const answer = await dns.txt(mailDomain);
  if (answer.state === 'failed')
    return note(`${mailDomain} could not be looked up: ${answer.why}`, 'Look at the resolver first.');
  const all = answer.state === 'found' ? answer.records : [];
  const records = all.filter((text) => /^v=spf1( |$)/i.test(text));
  const [record, ...more] = records;
  if (record === undefined)
    return note(
      `${mailDomain} has no SPF record`,
      'Receivers trust answers less without it: make a TXT record "v=spf1 …" that names the relay (docs/mail-in.md).',
    );
  if (more.length > 0)
    return broken(
      `${mailDomain} has ${records.length} SPF records, and receivers take none then`,
      'Make one record of them.',
    );
  return await judge(record, new URL(smtpUrl).hostname.replace(/^\[|\]$/g, ''), mailDomain, dns);
}

async function judge(record: string, relay: string, mailDomain: string, dns: Dns): Promise<Observation> {
  const terms = record.trim().toLowerCase().split(/\s+/).slice(1);
  const allowing = terms.filter((term) => !/^[-~?]/.test(term)).map((term) => term.replace(/^\+/, ''));
  if (allowing.includes('all'))
    return note(`lets everybody send as ${mailDomain} (+all)`, 'End the record with -all or ~all.');
  if (allowing.filter((term) => !term.startsWith('exp=')).length === 0)
    return broken(
      `lets nobody send as ${mailDomain}: ${record}`,
      'Name the relay in it, by include: or ip4:.',
    );
  const others = allowing.filter(
    (term) => /^(include:|redirect=|exists:|ptr)/.test(term) || term.includes('%'),
  );
  if (others.length > 0) return ok(`one record, with ${others.slice(0, 3).join(' ')}`);
  // The address that a relay on this machine sends from is unknown here.
  if (isLoopback(relay)) return ok(record);
  if (await names(allowing, relay, mailDomain, dns)) return ok(`names the relay ${relay}`);
  return note(
    `does not name the relay ${relay}: ${record}`,
    'Add what the relay asks for, as include: or ip4:.',
  );
}

/** Whether an address of the relay is among ip4, ip6, a and mx of the record. */
async function names(
  terms: readonly string[],
  relay: string,
  mailDomain: string,
  dns: Dns,
): Promise<boolean> {
  const relayed = isIP(relay) === 0 ? await addressesOf(relay, dns) : [relay];
  const allowed = new BlockList();
  for (const term of terms) {
    const [, kind = '', value = mailDomain] = /^(ip4|ip6|a|mx)(?::([^/]+))?(?:\/|$)/.exec(term) ?? [];
    const bits = Number(/\/(\d{1,3})$/.exec(term)?.[1] ?? Number.NaN);
    if (kind === 'ip4' || kind === 'ip6') add(allowed, value, bits);
    if (kind === 'a') for (const address of await addressesOf(value, dns)) add(allowed, address, bits);
    if (kind === 'mx') for (const address of await exchangesOf(value, dns)) add(allowed, address, bits);
  }
  return relayed.some((address) => allowed.check(address, family(address)));
}

async function exchangesOf(name: string, dns: Dns): Promise<string[]> {
  const answer = await dns.mx(name);
  const exchanges = answer.state === 'found' ? answer.records.slice(0, 10) : [];
  return (await Promise.all(exchanges.map(({ exchange }) => addressesOf(exchange, dns)))).flat();
}

function add(list: BlockList, address: string, bits: number): void {
  if (isIP(address) === 0) return;
  const most = isIP(address) === 4 ? 32 : 128;
  list.addSubnet(address, bits <= most ? bits : most, family(address));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Is there a DMARC record, of the domain or of one above it? */
export function dmarcCheck({ config, dns }: SenderRecordDeps): Check {
  return {
    name: 'dmarc',
    async look(signal) {
      const { mailDomain } = config;
      const { txt } = dns(signal);
      for (const domain of upwards(mailDomain)) {
        const answer = await txt(`_dmarc.${domain}`);
        if (answer.state === 'failed')
          return note(`_dmarc.${domain} could not be looked up: ${answer.why}`, null);
        const records =
          answer.state === 'found' ? answer.records.filter((text) => /^v=dmarc1\b/i.test(text)) : [];
        if (records.length > 1)
          return note(
            `_dmarc.${domain} has ${records.length} records, and receivers take none then`,
            'Make one record of them.',
          );
        const policy = /;\s*p\s*=\s*(\w+)/i.exec(records[0] ?? '')?.[1];
        if (records.length === 1) return ok(`_dmarc.${domain}, policy ${policy ?? 'none'}`);
      }
      return note(
        `${mailDomain} has no DMARC record`,
        `Large receivers want one: _dmarc.${mailDomain} TXT "v=DMARC1; p=none" to begin with.`,
      );
    },
  };
}

/** The domain and those above it, down to two labels. */
function upwards(domain: string): string[] {
  const labels = domain.split('.');
  return labels
    .slice(0, Math.max(1, labels.length - 1))
    .map((_, at) => labels.slice(at).join('.'))
    .slice(0, 5);
}
