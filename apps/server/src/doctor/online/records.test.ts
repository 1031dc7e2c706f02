/** DNS as it is when it is wrong: servers that are silent, and records that lead nowhere. Against a server of our own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configOf, look, testFolder } from '../test-support/look.ts';
import { dns } from './dns.ts';
import { mxCheck } from './mx.ts';
import { mxCertificateCheck } from './mx-certificate.ts';
import { resolverCheck } from './resolver.ts';
import { reverseNameCheck } from './reverse-name.ts';
import { dmarcCheck, spfCheck } from './sender-records.ts';

const DOMAIN = 'agents.example';
const OURS = '203.0.113.7';
type Zone = Record<string, DnsStubRecords>;

/** A name server with these records; others do not exist. */
async function server(zone: Zone) {
  const stub = await startDnsStub(zone);
  onTestFinished(() => stub.close());
  const ask = (signal: AbortSignal) => dns([stub.address], signal);
  return { ...stub, ask, mx: () => ask(new AbortController().signal).mx(DOMAIN) };
}

describe('the resolver', () => {
  it('that answers is ok, whatever it says', async () => {
    const zones: Zone[] = [
      {},
      { [DOMAIN]: {} },
      { [DOMAIN]: { MX: [{ priority: 1, exchange: 'mx.example' }] } },
    ];
    for (const zone of zones) {
      const { address } = await server(zone);
      expect(await look(resolverCheck({ servers: [address], name: DOMAIN }))).toMatchObject([
        { state: 'ok', found: `${address} (DNS_SERVERS)` },
      ]);
    }
  });

  it('that is silent or fails is broken, and a note beside one that answers', async () => {
    const silent = await server({ [DOMAIN]: { fault: 'silence' } });
    const failing = await server({ [DOMAIN]: { fault: 'SERVFAIL' } });
    const good = await server({});
    const check = (...servers: string[]) => look(resolverCheck({ servers, name: DOMAIN }));
    const [broken, failed, note] = await Promise.all([
      check(silent.address),
      check(failing.address),
      check(silent.address, good.address),
    ]);
    expect(broken).toMatchObject([{ state: 'broken', found: `${silent.address}: no answer in time` }]);
    expect(failed).toMatchObject([{ state: 'broken', found: expect.stringContaining('SERVFAIL') }]);
    expect(note).toMatchObject([{ state: 'note', found: `${silent.address}: no answer in time` }]);
  });

  it('where nothing listens is broken', async () => {
    const stub = await startDnsStub({});
    await stub.close();
    expect(await look(resolverCheck({ servers: [stub.address], name: DOMAIN }))).toMatchObject([
      { state: 'broken', found: `${stub.address}: nothing listens there` },
    ]);
  });

  it('is given up when the check is ended', async () => {
    const silent = await server({ [DOMAIN]: { fault: 'silence' } });
    const ended = new AbortController();
    const found = look(resolverCheck({ servers: [silent.address], name: DOMAIN }), ended.signal);
    ended.abort();
    expect(await found).toMatchObject([{ state: 'broken' }]);
  });
});

describe('the MX record', () => {
  async function mx(zone: Zone, environment: Record<string, string> = {}, answers = false) {
    const { ask, mx: records } = await server(zone);
    const config = configOf({ MAIL_DOMAIN: DOMAIN, ...environment });
    const [found] = await look(
      mxCheck({ config, mx: records, dns: ask, ownAddresses: [OURS], answers: async () => answers }),
    );
    return found;
  }
  const to = (exchange: string): DnsStubRecords => ({ MX: [{ priority: 10, exchange }] });

  it('that leads to this machine is ok, without a connection', async () => {
    expect(await mx({ [DOMAIN]: to('mx.example'), 'mx.example': { A: [OURS] } })).toMatchObject({
      state: 'ok',
      found: `mx.example at ${OURS}, which is this machine`,
    });
  });

  it('that leads elsewhere is ok where port 25 takes connections, and a note where not', async () => {
    const zone = { [DOMAIN]: to('mx.example'), 'mx.example': { A: ['198.51.100.9'] } };
    expect(await mx(zone, {}, true)).toMatchObject({ state: 'ok' });
    expect(await mx(zone)).toMatchObject({
      state: 'note',
      found: expect.stringContaining('nothing answers at port 25'),
    });
  });

  it('that is missing is broken, and a note where the domain has an address', async () => {
    expect(await mx({})).toMatchObject({ state: 'broken', found: `there is no name ${DOMAIN} in DNS` });
    expect(await mx({ [DOMAIN]: { TXT: ['x'] } })).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('no MX record and no address'),
    });
    expect(await mx({ [DOMAIN]: { A: [OURS] } })).toMatchObject({
      state: 'note',
      found: expect.stringContaining(OURS),
    });
  });

  it('that names a host without an address, or nobody, is broken', async () => {
    expect(await mx({ [DOMAIN]: to('mx.example') })).toMatchObject({
      state: 'broken',
      found: 'mx.example has no address',
    });
    expect(await mx({ [DOMAIN]: to('') })).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('null MX'),
    });
  });

  it('that names a provider wants its webhook', async () => {
    const zone = { [DOMAIN]: to('inbound.postmarkapp.com') };
    expect(await mx(zone)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('POSTMARK_WEBHOOK_AUTH is not set'),
    });
    expect(await mx(zone, { POSTMARK_WEBHOOK_AUTH: 'user:password' })).toMatchObject({ state: 'ok' });
    expect(await mx({ [DOMAIN]: to('inbound-smtp.eu-west-1.amazonaws.com') })).toMatchObject({
      state: 'broken',
    });
  });

  it('that can not be looked up is broken', async () => {
    expect(await mx({ [DOMAIN]: { fault: 'SERVFAIL' } })).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('could not be looked up'),
    });
  });

  it('is compared with the names of the certificate', async () => {
    const folder = testFolder();
    const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    const { cert, key } = makeCertificate({ names: ['mx.example'] });
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
    const right = await server({ [DOMAIN]: to('MX.example') });
    expect(await look(mxCertificateCheck(files, right.mx))).toMatchObject([{ state: 'ok' }]);
    const wrong = await server({ [DOMAIN]: to('other.example') });
    expect(await look(mxCertificateCheck(files, wrong.mx))).toMatchObject([
      { state: 'note', found: 'for mx.example, and the MX record names other.example' },
    ]);
  });
});

describe('the name of the address', () => {
  async function ptr(records: DnsStubRecords, relay = 'smtp://127.0.0.1') {
    const { ask, mx } = await server({
      [DOMAIN]: { MX: [{ priority: 10, exchange: 'mx.example' }] },
      'mx.example': { A: [OURS] },
      '7.113.0.203.in-addr.arpa': records,
    });
    const config = configOf({ MAIL_DOMAIN: DOMAIN, SMTP_URL: relay });
    return await look(reverseNameCheck({ config, mx, dns: ask, ownAddresses: [OURS] }));
  }

  it('leads back, or is a note, where a relay on this machine delivers from it', async () => {
    expect(await ptr({ PTR: ['mx.example'] })).toMatchObject([
      { state: 'ok', found: `${OURS} is mx.example` },
    ]);
    expect(await ptr({})).toMatchObject([{ state: 'note', found: `${OURS} has no name` }]);
    expect(await ptr({ PTR: ['host-7.isp.example'] })).toMatchObject([
      { state: 'note', found: `host-7.isp.example, the name of ${OURS}, does not lead back to it` },
    ]);
  });

  it('does not matter where another machine delivers', async () => {
    expect(await ptr({}, 'smtp://relay.example')).toEqual([]);
  });
});

describe('SPF', () => {
  async function spf(records: string[], zone: Zone = {}, relay = 'smtp://relay.example') {
    const { ask } = await server({ [DOMAIN]: { TXT: ['something else', ...records] }, ...zone });
    const config = configOf({ MAIL_DOMAIN: DOMAIN, SMTP_URL: relay });
    const [found] = await look(spfCheck({ config, dns: ask }));
    return found;
  }
  const relayAt = (address: string): Zone => ({ 'relay.example': { A: [address] } });

  it('that is missing is a note, and doubled is broken', async () => {
    expect(await spf([])).toMatchObject({ state: 'note', found: `${DOMAIN} has no SPF record` });
    expect(await spf(['v=spf1 mx -all', 'v=spf1 include:x.example ~all'])).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('2 SPF records'),
    });
  });

  it('that lets nobody send is broken, and everybody a note', async () => {
    expect(await spf(['v=spf1 -all'])).toMatchObject({ state: 'broken' });
    expect(await spf(['v=spf1 +all'])).toMatchObject({
      state: 'note',
      found: expect.stringContaining('everybody'),
    });
  });

  it('that names others is ok', async () => {
    expect(await spf(['v=spf1 include:_spf.relay.example ~all'])).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['v=spf1 ip4:198.51.100.0/24 -all', {}],
    ['v=spf1 a:relay.example -all', {}],
    ['v=spf1 a:other.example/24 -all', { 'other.example': { A: ['198.51.100.77'] } }],
    [
      'v=spf1 mx:relay.example -all',
      { 'relay.example': { A: ['198.51.100.9'], MX: [{ priority: 1, exchange: 'relay.example' }] } },
    ],
  ])('that names the address of the relay is ok: %s', async (record, zone) => {
    expect(await spf([record], { ...relayAt('198.51.100.9'), ...zone })).toMatchObject({
      state: 'ok',
      found: 'names the relay relay.example',
    });
  });

  it('that names another address than that of the relay is a note', async () => {
    expect(await spf(['v=spf1 ip4:192.0.2.1 a mx -all'], relayAt('198.51.100.9'))).toMatchObject({
      state: 'note',
      found: expect.stringContaining('does not name the relay relay.example'),
    });
  });

  it('is not asked for a provider, nor where no mail leaves', async () => {
    const { ask, asked } = await server({});
    const provider = configOf({ MAIL_DOMAIN: DOMAIN, RESEND_API_KEY: 're_x' });
    expect(await look(spfCheck({ config: provider, dns: ask }))).toMatchObject([{ state: 'ok' }]);
    expect(await look(spfCheck({ config: configOf({ MAIL_DOMAIN: DOMAIN }), dns: ask }))).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe('DMARC', () => {
  async function dmarc(zone: Zone, domain = 'agents.firm.example') {
    const { ask } = await server(zone);
    const [found] = await look(dmarcCheck({ config: configOf({ MAIL_DOMAIN: domain }), dns: ask }));
    return found;
  }

  it('may be of a domain above', async () => {
    expect(await dmarc({ '_dmarc.firm.example': { TXT: ['v=DMARC1; p=reject'] } })).toMatchObject({
      state: 'ok',
      found: '_dmarc.firm.example, policy reject',
    });
  });

  it('that is missing or doubled is a note', async () => {
    expect(await dmarc({})).toMatchObject({
      state: 'note',
      found: 'agents.firm.example has no DMARC record',
    });
    expect(
      await dmarc({ '_dmarc.agents.firm.example': { TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=none'] } }),
    ).toMatchObject({ state: 'note', found: expect.stringContaining('2 records') });
  });
});
