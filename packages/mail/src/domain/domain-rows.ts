/**
 * The rows that a mail domain needs in DNS, expected against found: MX (RFC 5321 section 5.1), SPF (RFC 7208), DKIM
 * (RFC 6376), DMARC (RFC 7489). What is found is what strangers wrote: bounded in number and length, and only shown.
 */
import { errorCode } from '@tinyfat/core';
import { getDomain } from 'tldts';
import type { DnsResolver } from '../authenticate/lookups.ts';
import type { DnsRow } from '../providers/resend-dns-rows.ts';

/** `unknown`: there was no answer, or what to expect is not known here. */
export type DomainRowState = 'ok' | 'missing' | 'different' | 'unknown';

export interface DomainRow {
  purpose: 'receiving' | 'SPF' | 'DKIM' | 'DMARC' | 'return path';
  type: string;
  name: string;
  /** As it is entered; in words where only a provider knows it. */
  expected: string;
  found: string[];
  state: DomainRowState;
  /** What to do, or why it is not known; null where it is well. */
  note: string | null;
}

export interface DomainQuestion {
  domain: string;
  /** Host name of PUBLIC_URL. */
  publicHost: string;
  /** What takes mail in. */
  receives: 'smtp' | 'resend' | 'postmark' | 'email-routing';
  /** What sends it; the rows are those that Resend shows, null where it gave none. */
  sends:
    | { kind: 'resend'; rows: readonly DnsRow[] | null }
    | { kind: 'postmark' }
    | { kind: 'relay'; host: string }
    | { kind: 'maildir' };
  /** Within the limits of the one who asks. */
  resolve: DnsResolver['resolve'];
}

const MOST_FOUND = 5;
const MOST_CHARACTERS = 500;

type Answer = { ok: true; records: string[] } | { ok: false; why: string };

/** Looks the rows up, all at once. Never rejects. */
export async function domainRows(question: DomainQuestion): Promise<DomainRow[]> {
  return await Promise.all([mxRow(question), ...sendingRows(question), dmarcRow(question)]);
}

/** Where providers take mail in. */
const INBOUND = {
  postmark: { expected: '10 inbound.postmarkapp.com', host: /(^|\.)inbound\.postmarkapp\.com$/ },
  resend: {
    expected: 'the server that Resend shows for receiving',
    host: /^(inbound-smtp\..*\.amazonaws\.com|.*\.resend\.(com|app))$/,
  },
  'email-routing': { expected: '… route1.mx.cloudflare.net', host: /\.mx\.cloudflare\.net$/ },
} as const;

async function mxRow(question: DomainQuestion): Promise<DomainRow> {
  const { domain, publicHost, receives, resolve } = question;
  const base = { purpose: 'receiving', type: 'MX', name: domain } as const;
  const answer = await lookUp(resolve, domain, 'MX');
  if (receives !== 'smtp') {
    const { expected, host } = INBOUND[receives];
    const note = 'Mail for the domain goes elsewhere, or nowhere.';
    return judged({ ...base, expected }, answer, (record) => host.test(hostOf(record)), note);
  }
  const expected = `10 ${publicHost}`;
  const row = judged({ ...base, expected }, answer, (record) => hostOf(record) === publicHost, null);
  if (row.state !== 'different') return row;
  // A name of its own for mail is as well where it leads to the same machine.
  const own = await addresses(resolve, publicHost);
  const theirs = await Promise.all(row.found.map((record) => addresses(resolve, hostOf(record))));
  if (theirs.flat().some((address) => own.includes(address))) return { ...row, state: 'ok' };
  return { ...row, note: `It leads to another machine than ${publicHost}. Does that one hand the mail on?` };
}

function sendingRows({ domain, sends, resolve }: DomainQuestion): Promise<DomainRow>[] {
  switch (sends.kind) {
    case 'maildir':
      return [];
    case 'relay':
      return [spfRow(domain, sends.host, resolve), dkimOfRelay(domain, resolve)];
    case 'postmark':
      return [
        dkimElsewhere(domain, 'Postmark shows this row under Sender Signatures.'),
        returnPathOfPostmark(domain, resolve),
      ];
    case 'resend':
      if (sends.rows === null)
        return [
          dkimElsewhere(domain, 'Resend could not be asked, or does not know the domain: add it there.'),
        ];
      return sends.rows
        .map((row) => ({ ...row, name: fullName(row.name, domain) }))
        .filter(({ name, type }) => !(type === 'MX' && name === domain))
        .map((row) => resendRow(row, resolve));
  }
}

async function resendRow(row: DnsRow, resolve: DnsResolver['resolve']): Promise<DomainRow> {
  const { type, name, value, priority } = row;
  const purpose = /_domainkey/.test(name) ? 'DKIM' : type === 'TXT' ? 'SPF' : 'return path';
  const wanted = type === 'TXT' ? plain(value) : hostOf(value);
  const expected = priority === null ? value : `${priority} ${value}`;
  const answer = await lookUp(resolve, name, type);
  return judged(
    { purpose, type, name, expected },
    answer,
    (record) => (type === 'TXT' ? plain(record) : hostOf(record)) === wanted,
    'Enter it as Resend shows it.',
  );
}

async function spfRow(domain: string, relay: string, resolve: DnsResolver['resolve']): Promise<DomainRow> {
  const row = {
    purpose: 'SPF',
    type: 'TXT',
    name: domain,
    expected: `v=spf1 … ~all, naming ${relay}`,
    note: 'Receivers trust answers less without a record that names the relay.',
  } as const;
  const names = /\s(?:\+?(?:include:|ip[46]:|a\b|mx\b|exists:)|redirect=)/i;
  return await onlyRecord(resolve, row, /^v=spf1( |$)/i, (text) => names.test(text));
}

/** A TXT record of which receivers take none where there are several; others at the name do not count. */
async function onlyRecord(
  resolve: DnsResolver['resolve'],
  { note, ...row }: Pick<DomainRow, 'purpose' | 'type' | 'name' | 'expected' | 'note'>,
  begins: RegExp,
  isWell: (record: string) => boolean,
): Promise<DomainRow> {
  const answer = await lookUp(resolve, row.name, 'TXT');
  if (!answer.ok) return judged(row, answer, isWell, note);
  const records = answer.records.filter((text) => begins.test(text));
  const found = judged(row, { ok: true, records }, isWell, note);
  if (records.length < 2) return found;
  return { ...found, state: 'different', note: 'Receivers take none of several: make one record of them.' };
}

/**
 * Under which selectors relays and mail servers usually publish their keys; a domain can not be asked for all that it has (RFC
 * 6376 section 3.6.2.1).
 */
const SELECTORS =
  'default mail dkim selector1 selector2 s1 s2 k1 k2 k3 google mx smtp fm1 zoho mailjet protonmail mte1 brevo1'.split(
    ' ',
  );
/** A key that is not revoked (RFC 6376 section 3.6.1). */
const KEY = /(?:^|;)\s*p\s*=\s*[a-z0-9+/]/i;

async function dkimOfRelay(domain: string, resolve: DnsResolver['resolve']): Promise<DomainRow> {
  const names = SELECTORS.map((selector) => `${selector}._domainkey.${domain}`);
  const answers = await Promise.all(names.map((name) => lookUp(resolve, name, 'TXT')));
  const found = answers.flatMap((answer, at) =>
    answer.ok
      ? answer.records
          .filter((record) => KEY.test(record))
          .map((record) => ({ name: names[at] ?? '', record: record.slice(0, MOST_CHARACTERS) }))
      : [],
  );
  const row = { purpose: 'DKIM', type: 'TXT', expected: 'v=DKIM1; … p=…, as the relay shows it' } as const;
  const [first] = found;
  if (first !== undefined) {
    const others = found.slice(1, MOST_FOUND).map(({ name, record }) => `${name}: ${record}`);
    const note = 'There is a key. That the relay signs with it, the source of a mail from here shows.';
    return { ...row, name: first.name, found: [first.record, ...others], state: 'ok', note };
  }
  const silent = answers.find((answer) => !answer.ok);
  const note =
    silent?.ok === false
      ? silent.why
      : 'No usual selector has a key. The relay may sign with one of its own: it shows the row.';
  return { ...row, name: `(selector)._domainkey.${domain}`, found: [], state: 'unknown', note };
}

/** Postmark's default; another name can be chosen there. */
async function returnPathOfPostmark(domain: string, resolve: DnsResolver['resolve']): Promise<DomainRow> {
  const expected = 'pm.mtasv.net';
  const name = `pm-bounces.${domain}`;
  const row = { purpose: 'return path', type: 'CNAME', name, expected } as const;
  const answer = await lookUp(resolve, name, 'CNAME');
  const note = 'Enter it as Postmark shows it under Sender Signatures; it may have another name there.';
  const found = judged(row, answer, (record) => hostOf(record) === expected, note);
  return found.state === 'missing' ? { ...found, state: 'unknown' } : found;
}

async function dkimElsewhere(domain: string, note: string): Promise<DomainRow> {
  return {
    purpose: 'DKIM',
    type: 'TXT',
    name: `(selector)._domainkey.${domain}`,
    expected: 'as the provider shows it',
    found: [],
    state: 'unknown',
    note,
  };
}

/** A record of the registered domain holds for those below it. What is missing is to be made at the domain itself. */
async function dmarcRow({ domain, resolve }: DomainQuestion): Promise<DomainRow> {
  const at = async (above: string) => {
    const row = {
      purpose: 'DMARC',
      type: 'TXT',
      name: `_dmarc.${above}`,
      expected: 'v=DMARC1; p=none',
      note: 'Large receivers want one; p=none is enough to begin with.',
    } as const;
    return await onlyRecord(resolve, row, /^v=dmarc1\b/i, () => true);
  };
  const own = await at(domain);
  const registered = getDomain(domain);
  if (own.state !== 'missing' || registered === null || registered === domain) return own;
  const inherited = await at(registered);
  return inherited.state === 'missing' ? own : inherited;
}

/** What was found of a row, and whether one of it is as expected. */
function judged(
  row: Pick<DomainRow, 'purpose' | 'type' | 'name' | 'expected'>,
  answer: Answer,
  isWell: (record: string) => boolean,
  note: string | null,
): DomainRow {
  if (!answer.ok) return { ...row, found: [], state: 'unknown', note: answer.why };
  const found = answer.records.slice(0, MOST_FOUND).map((record) => record.slice(0, MOST_CHARACTERS));
  if (answer.records.some(isWell)) return { ...row, found, state: 'ok', note: null };
  return { ...row, found, state: found.length === 0 ? 'missing' : 'different', note };
}

async function lookUp(resolve: DnsResolver['resolve'], name: string, type: string): Promise<Answer> {
  try {
    const records = await resolve(name, type);
    return { ok: true, records: records.map((record) => textOf(record, type)) };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { ok: true, records: [] };
    return {
      ok: false,
      why: code === 'ETIMEOUT' ? 'The name servers gave no answer in time.' : `The lookup failed (${code}).`,
    };
  }
}

async function addresses(resolve: DnsResolver['resolve'], name: string): Promise<string[]> {
  const both = await Promise.all([lookUp(resolve, name, 'A'), lookUp(resolve, name, 'AAAA')]);
  return both.flatMap((answer) => (answer.ok ? answer.records : []));
}

/** A TXT record comes in pieces; an MX record is a list with its priority beside. */
function textOf(record: string | string[], type: string): string {
  if (typeof record === 'string') return record;
  const priority = type === 'MX' && 'priority' in record ? `${record.priority} ` : '';
  return `${priority}${record.join('')}`;
}

/** The host of `10 mx.example.com.`, in lower case. */
function hostOf(record: string): string {
  return record
    .replace(/^\d+\s+/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function plain(text: string): string {
  return text.replace(/^"|"$/g, '').replace(/\s+/g, '');
}

/** Resend writes names without the registered domain. */
function fullName(name: string, domain: string): string {
  const registered = getDomain(domain) ?? domain;
  const bare = name.replace(/\.$/, '').toLowerCase();
  if (bare === '' || bare === '@') return domain;
  if (bare === registered || bare.endsWith(`.${registered}`)) return bare;
  const below = domain === registered ? '' : domain.slice(0, -registered.length - 1);
  return below === '' || bare === below || bare.endsWith(`.${below}`)
    ? `${bare}.${registered}`
    : `${bare}.${domain}`;
}
