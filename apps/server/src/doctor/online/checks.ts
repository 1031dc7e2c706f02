/** Checks that ask others: name servers, the relay or provider, the model. */
import { networkInterfaces } from 'node:os';
import type { Config } from '../../config.ts';
import { type Check, once } from '../finding.ts';
import { hasOwnDomain } from '../mail-settings.ts';
import { dns } from './dns.ts';
import { modelCheck } from './model.ts';
import { mxCheck } from './mx.ts';
import { mxCertificateCheck } from './mx-certificate.ts';
import { providerCheck } from './provider.ts';
import { relayCheck } from './relay.ts';
import { resolverCheck } from './resolver.ts';
import { reverseNameCheck } from './reverse-name.ts';
import { dmarcCheck, spfCheck } from './sender-records.ts';
import { storageCheck } from './storage.ts';

/** Records of the default domain belong to nobody, and are not looked up. */
export function onlineChecks(config: Config, ownAddresses = addressesOfThisMachine()): Check[] {
  const { mailDomain, dnsServers: servers } = config;
  const own = hasOwnDomain(config);
  return [
    resolverCheck({ servers, name: own ? mailDomain : 'com' }),
    ...(own ? recordChecks(config, ownAddresses) : []),
    relayCheck(config),
    providerCheck(config),
    modelCheck(config),
    storageCheck(config),
  ];
}

function recordChecks(config: Config, ownAddresses: readonly string[]): Check[] {
  const { tls } = config.smtp;
  const ask = (signal: AbortSignal) => dns(config.dnsServers, signal);
  // Looked up once for several checks; its tries end within the time of a check.
  const mx = once(() => ask(new AbortController().signal).mx(config.mailDomain));
  return [
    mxCheck({ config, mx, dns: ask, ownAddresses }),
    ...(tls === null ? [] : [mxCertificateCheck(tls, mx)]),
    reverseNameCheck({ config, mx, dns: ask, ownAddresses }),
    spfCheck({ config, dns: ask }),
    dmarcCheck({ config, dns: ask }),
  ];
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
}
