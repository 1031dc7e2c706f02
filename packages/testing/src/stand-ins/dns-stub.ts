/** A DNS server for tests, on loopback UDP, with the records that it is given and faults on demand. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  addressData,
  type DnsQuestion,
  type DnsRecord,
  nameData,
  readQuestion,
  recordTypes,
  responseCodes,
  textData,
  writeAnswer,
} from './dns-message.ts';

/** Records of one name. `fault` answers any question about it with that code, or with nothing at all. */
export interface DnsStubRecords {
  TXT?: string[];
  A?: string[];
  AAAA?: string[];
  MX?: { priority: number; exchange: string }[];
  CNAME?: string[];
  PTR?: string[];
  fault?: 'SERVFAIL' | 'REFUSED' | 'silence';
}

export interface DnsStub {
  /** `127.0.0.1:port`, as `dns.servers` takes it. */
  address: string;
  /** Names asked so far, in order, as `TYPE name`. */
  asked: string[];
  close(): Promise<void>;
}

/** Starts the server. Names that are not among the records do not exist (NXDOMAIN). */
export async function startDnsStub(records: Record<string, DnsStubRecords>): Promise<DnsStub> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const question = readQuestion(query);
    const type = Object.entries(recordTypes).find(([, number]) => number === question.type)?.[0] ?? 'OTHER';
    asked.push(`${type} ${question.name}`);
    const fault = records[question.name]?.fault;
    if (fault === 'silence') return;
    const answer =
      fault === undefined
        ? answerTo(question, type, records)
        : writeAnswer(question, responseCodes[fault], []);
    socket.send(answer, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** With the aliases that the name leads through, as a resolver gives them. */
function answerTo(question: DnsQuestion, type: string, records: Record<string, DnsStubRecords>): Buffer {
  const aliases: DnsRecord[] = [];
  let owner = question.name;
  for (;;) {
    const [alias] = type === 'CNAME' ? [] : (records[owner]?.CNAME ?? []);
    if (alias === undefined) break;
    aliases.push({ owner, type: recordTypes.CNAME, data: nameData(alias) });
    owner = alias;
  }
  const found = records[owner];
  const code = found === undefined ? responseCodes.NXDOMAIN : responseCodes.NOERROR;
  const data = found === undefined ? [] : recordData(found, type);
  return writeAnswer(question, code, [
    ...aliases,
    ...data.map((one) => ({ owner, type: question.type, data: one })),
  ]);
}

function recordData(records: DnsStubRecords, type: string): Buffer[] {
  switch (type) {
    case 'TXT':
      return (records.TXT ?? []).map(textData);
    case 'A':
      return (records.A ?? []).map(addressData);
    case 'AAAA':
      return (records.AAAA ?? []).map(addressData);
    case 'CNAME':
      return (records.CNAME ?? []).map(nameData);
    case 'PTR':
      return (records.PTR ?? []).map(nameData);
    case 'MX':
      return (records.MX ?? []).map(({ priority, exchange }) =>
        Buffer.concat([Buffer.from([priority >> 8, priority & 255]), nameData(exchange)]),
      );
    default:
      return [];
  }
}
