/**
 * The answer to one question, in the wire format of the DNS, as node:dns gives it. Only what was asked counts: records of
 * the asked name, or of the one that a chain of aliases within the answer leads to.
 */
import { parseIpAddress } from '@tinyfat/core';
import { CLASS_IN, type RecordType, recordTypes } from './dns-query.ts';
import { type DnsReader, dnsReader, latin1, MalformedMessage } from './dns-reader.ts';

/** What was found, or why nothing was: a code of node:dns. */
export type DnsAnswer =
  | { ok: true; records: string[] | string[][] }
  | { ok: false; code: string; reason: string };

interface Question {
  labels: readonly string[];
  type: RecordType;
}

/** One record of the answer section whose data has not been read. */
interface Found {
  owner: string;
  type: number;
  dataAt: number;
  dataEnd: number;
}

/** More records are no answer for a mail: no name has so many, and each costs. */
const MAX_RECORDS = 500;
/** Aliases that one name leads through; resolvers give up at eight to sixteen. */
const MAX_ALIASES = 10;

/** Response codes (RFC 1035 section 4.1.1) as node:dns calls them; all others are failures of the server. */
const codes: Record<number, string> = {
  1: 'EFORMERR',
  2: 'ESERVFAIL',
  3: 'ENOTFOUND',
  4: 'ENOTIMP',
  5: 'EREFUSED',
};
const NAME_ERROR = 3;

/** Reads an answer. `EBADRESP` for what is none, or is one to another question. */
export function readAnswer(message: Uint8Array, question: Question): DnsAnswer {
  try {
    return answerOf(dnsReader(message), question);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return { ok: false, code: 'EBADRESP', reason: `the answer can not be read: ${error.message}` };
  }
}

function answerOf(reader: DnsReader, { labels, type }: Question): DnsAnswer {
  if (reader.short() !== 0) throw new MalformedMessage('it has an id that was not sent');
  const flags = reader.short();
  const [questions, answers] = [reader.short(), reader.short()];
  reader.skipTo(12);
  // A response (0x8000) to a standard query (0x7800) that is whole (0x0200).
  if ((flags & 0xfa00) !== 0x8000) throw new MalformedMessage('it is no whole response to a query');
  if (questions !== 1) throw new MalformedMessage('it repeats no question, or several');
  const asked = nameOf(labels);
  const isSame = nameOf(reader.name()) === asked;
  if (!isSame || reader.short() !== recordTypes[type] || reader.short() !== CLASS_IN)
    throw new MalformedMessage('it is for another question');
  const responseCode = flags & 15;
  if (responseCode !== 0) {
    const code = codes[responseCode] ?? 'ESERVFAIL';
    const reason = responseCode === NAME_ERROR ? 'there is no such name' : `the server says ${code}`;
    return { ok: false, code, reason };
  }
  if (answers > MAX_RECORDS) throw new MalformedMessage('it has too many records');
  const found = Array.from({ length: answers }, () => recordAt(reader)).filter((one) => one !== null);
  const owner = type === 'CNAME' ? asked : aliased(reader, asked, found);
  const wanted = found.filter((one) => one.owner === owner && one.type === recordTypes[type]);
  if (wanted.length === 0) return { ok: false, code: 'ENODATA', reason: `it has no ${type} records` };
  return { ok: true, records: recordsOf(reader, wanted, type) };
}

/** Steps over one record; null for one of another class. */
function recordAt(reader: DnsReader): Found | null {
  const owner = nameOf(reader.name());
  const [type, recordClass] = [reader.short(), reader.short()];
  reader.skipLong();
  const length = reader.short();
  const dataAt = reader.at();
  reader.bytes(length);
  return recordClass === CLASS_IN ? { owner, type, dataAt, dataEnd: dataAt + length } : null;
}

/** The name that the asked one is an alias of, through all aliases; the asked one where it is none. */
function aliased(reader: DnsReader, asked: string, found: readonly Found[]): string {
  let owner = asked;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases += 1) {
    const alias = found.find((one) => one.owner === owner && one.type === recordTypes.CNAME);
    if (alias === undefined) return owner;
    owner = nameOf(within(reader, alias, () => reader.name()));
  }
  throw new MalformedMessage('it is a chain of too many aliases');
}

function recordsOf(reader: DnsReader, found: readonly Found[], type: RecordType): string[] | string[][] {
  switch (type) {
    case 'TXT':
      return found.map((one) => within(reader, one, () => textsUntil(reader, one.dataEnd)));
    case 'MX':
      return found.map((one) => within(reader, one, () => mailExchange(reader)));
    case 'A':
      return found.map((one) => within(reader, one, () => [...reader.bytes(4)].join('.')));
    case 'AAAA':
      return found.map((one) => within(reader, one, () => ipv6Address(reader)));
    case 'CNAME':
    case 'PTR':
      return found.map((one) => within(reader, one, () => writtenName(reader.name())));
  }
}

/** Reads the data of one record, which must be all of it. */
function within<Data>(reader: DnsReader, { dataAt, dataEnd }: Found, read: () => Data): Data {
  reader.skipTo(dataAt);
  const data = read();
  if (reader.at() !== dataEnd) throw new MalformedMessage('a record has another length than its data');
  return data;
}

/** Character strings (RFC 1035 section 3.3.14), each as it stands. */
function textsUntil(reader: DnsReader, end: number): string[] {
  const texts: string[] = [];
  while (reader.at() < end) texts.push(latin1(reader.bytes(reader.byte())));
  return texts;
}

/** As `nodeResolver` gives it: mailauth reads `exchange` and `priority`. */
function mailExchange(reader: DnsReader): string[] {
  const priority = reader.short();
  const exchange = writtenName(reader.name());
  return Object.assign([exchange], { exchange, priority });
}

function ipv6Address(reader: DnsReader): string {
  const written = Array.from({ length: 8 }, () => reader.short().toString(16)).join(':');
  return parseIpAddress(written)?.text ?? written;
}

/** To compare by: names are the same in any case of ASCII (RFC 4343). A dot within a label is not one between labels. */
function nameOf(labels: readonly string[]): string {
  return writtenName(labels).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** In the way of master files (RFC 1035 section 5.1): what is not visible, and what means something, is escaped. */
function writtenName(labels: readonly string[]): string {
  return labels
    .map((label) =>
      label.replace(/[^!-~]|[.\\"$();@]/g, (letter) =>
        /[!-~]/.test(letter) ? `\\${letter}` : `\\${String(letter.charCodeAt(0)).padStart(3, '0')}`,
      ),
    )
    .join('.');
}
