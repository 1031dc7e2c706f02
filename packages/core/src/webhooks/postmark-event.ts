/**
 * Postmark's webhooks (postmarkapp.com/developer/webhooks) as events. Postmark names a mail and no event, so the
 * name of an event is made of what tells it from others: what it is, which mail, and for whom.
 */
import * as v from 'valibot';
import { sha256HexOfText } from '../sha256.ts';
import type { DeliveryEvent, DeliveryHappening, ParsedEvent } from './provider-event.ts';
import { jsonFrom, malformed, timeFrom } from './provider-event.ts';

const mailId = v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/));
const text = v.nullish(v.string(), '');
const people = v.nullish(v.array(v.object({ Email: text })), []);

const kind = v.object({ RecordType: v.nullish(v.string(), 'Inbound') });
const inbound = v.object({
  MessageID: mailId,
  From: v.nullish(v.string(), null),
  OriginalRecipient: text,
  ToFull: people,
  CcFull: people,
  BccFull: people,
  RawEmail: text,
});
const outbound = v.object({
  MessageID: mailId,
  ID: v.nullish(v.number()),
  Type: text,
  From: v.nullish(v.string(), null),
  Email: text,
  Recipient: text,
  Description: text,
  Details: text,
  DeliveredAt: text,
  BouncedAt: text,
});

type Outbound = v.InferOutput<typeof outbound>;
type Meaning = Pick<DeliveryEvent, 'happened' | 'dead'>;

/** Postmark's types of bounces after which a mail has come back; all others pass, or are no bounces. */
const bounces: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['HardBounce', { happened: 'failed', dead: true }],
  ['BadEmailAddress', { happened: 'failed', dead: true }],
  ['ManuallyDeactivated', { happened: 'failed', dead: true }],
  ['Blocked', { happened: 'failed', dead: false }],
  ['SpamNotification', { happened: 'failed', dead: false }],
  ['VirusNotification', { happened: 'failed', dead: false }],
  ['DMARCPolicy', { happened: 'failed', dead: false }],
  ['SMTPApiError', { happened: 'failed', dead: false }],
  ['SpamComplaint', { happened: 'complained', dead: false }],
]);

/** Reads one webhook; of a mail that came in the raw message must be in it. */
export async function parsePostmarkWebhook(body: Uint8Array): Promise<ParsedEvent> {
  const json = jsonFrom(body);
  const parsed = v.safeParse(kind, json);
  if (!parsed.success) return malformed('It is no JSON object.');
  const { RecordType: record } = parsed.output;
  if (record === 'Inbound') return await parseInbound(json);
  if (record !== 'Delivery' && record !== 'Bounce' && record !== 'SpamComplaint') {
    return { ok: true, ignored: record.replace(/[^\w.-]/g, '?').slice(0, 60) };
  }
  const told = v.safeParse(outbound, json);
  if (!told.success) return malformed(`The ${record} names no MessageID.`);
  const address = told.output.Recipient || told.output.Email;
  const eventId = `${record}:${told.output.MessageID}:${told.output.ID ?? address}`.slice(0, 400);
  return { ok: true, eventId, event: deliveryEvent(record, address, told.output), raw: null };
}

async function parseInbound(json: unknown): Promise<ParsedEvent> {
  const told = v.safeParse(inbound, json);
  if (!told.success) return malformed('The mail has no MessageID.');
  const { MessageID, From, OriginalRecipient, ToFull, CcFull, BccFull, RawEmail } = told.output;
  if (RawEmail === '') {
    return {
      ok: false,
      code: 'webhook_raw_missing',
      reason: `Mail ${MessageID} came without its raw content.`,
    };
  }
  const named = [...ToFull, ...CcFull, ...BccFull].map(({ Email }) => Email);
  // A mail to two of our addresses may be told twice, once for each. An address can be a secret one, and names of mails
  // are logged.
  const id = OriginalRecipient === '' ? MessageID : `${MessageID}:${await shortHash(OriginalRecipient)}`;
  const recipients = OriginalRecipient === '' ? named : [OriginalRecipient];
  return {
    ok: true,
    eventId: `Inbound:${id}`,
    event: { kind: 'received', mailId: id, recipients, from: From },
    raw: new TextEncoder().encode(RawEmail),
  };
}

async function shortHash(address: string): Promise<string> {
  return (await sha256HexOfText(address.toLowerCase())).slice(0, 16);
}

function deliveryEvent(
  record: 'Delivery' | 'Bounce' | 'SpamComplaint',
  address: string,
  told: Outbound,
): DeliveryEvent {
  const { happened, dead } = meaningOf(record, told.Type);
  return {
    kind: 'delivery',
    mailId: told.MessageID,
    happened,
    recipients: address === '' ? [] : [address],
    from: told.From,
    messageId: null,
    diagnostic: told.Details || told.Description,
    dead,
    at: timeFrom(told.DeliveredAt || told.BouncedAt),
  };
}

function meaningOf(record: 'Delivery' | 'Bounce' | 'SpamComplaint', type: string): Meaning {
  const passing: DeliveryHappening = 'delayed';
  if (record === 'Delivery') return { happened: 'delivered', dead: null };
  if (record === 'SpamComplaint') return { happened: 'complained', dead: null };
  return bounces.get(type) ?? { happened: passing, dead: false };
}
