/**
 * Postmark's webhooks (postmarkapp.com/developer/webhooks) as events. Postmark names a mail and no event, so the
 * id of an event is made of its type, its mail and its recipient.
 */
import * as v from 'valibot';
import { sha256HexOfText } from '../bytes/sha256.ts';
import type { DeliveryEvent, DeliveryHappening, ParsedEvent } from './provider-event.ts';
import { ignored, jsonFrom, mailIdSchema, malformed, textSchema, timeFrom } from './provider-event.ts';

const people = v.nullish(v.array(v.object({ Email: textSchema })), []);

const kind = v.object({ RecordType: v.nullish(v.string(), 'Inbound') });
const inbound = v.object({
  MessageID: mailIdSchema,
  From: v.nullish(v.string(), null),
  OriginalRecipient: textSchema,
  ToFull: people,
  CcFull: people,
  BccFull: people,
  RawEmail: textSchema,
});
const outbound = v.object({
  MessageID: mailIdSchema,
  ID: v.nullish(v.number()),
  Type: textSchema,
  From: v.nullish(v.string(), null),
  Email: textSchema,
  Recipient: textSchema,
  Description: textSchema,
  Details: textSchema,
  DeliveredAt: textSchema,
  BouncedAt: textSchema,
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
    return ignored(record);
  }
  const delivery = v.safeParse(outbound, json);
  if (!delivery.success) return malformed(`The ${record} names no MessageID.`);
  const address = delivery.output.Recipient || delivery.output.Email;
  const eventId = `${record}:${delivery.output.MessageID}:${delivery.output.ID ?? address}`.slice(0, 400);
  return { ok: true, eventId, event: deliveryEvent(record, address, delivery.output), raw: null };
}

async function parseInbound(json: unknown): Promise<ParsedEvent> {
  const mail = v.safeParse(inbound, json);
  if (!mail.success) return malformed('The mail has no MessageID.');
  const { MessageID, From, OriginalRecipient, ToFull, CcFull, BccFull, RawEmail } = mail.output;
  if (RawEmail === '') {
    return {
      ok: false,
      code: 'webhook_raw_missing',
      reason: `Mail ${MessageID} came without its raw content.`,
    };
  }
  const named = [...ToFull, ...CcFull, ...BccFull].map(({ Email }) => Email);
  // A mail to two addresses of this server may come twice, once for each. Its name is logged, so a hash stands for the
  // address, which can be a secret one.
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
  data: Outbound,
): DeliveryEvent {
  const { happened, dead } = meaningOf(record, data.Type);
  return {
    kind: 'delivery',
    mailId: data.MessageID,
    happened,
    recipients: address === '' ? [] : [address],
    from: data.From,
    messageId: null,
    diagnostic: data.Details || data.Description,
    dead,
    at: timeFrom(data.DeliveredAt || data.BouncedAt),
  };
}

function meaningOf(record: 'Delivery' | 'Bounce' | 'SpamComplaint', type: string): Meaning {
  const passing: DeliveryHappening = 'delayed';
  if (record === 'Delivery') return { happened: 'delivered', dead: null };
  if (record === 'SpamComplaint') return { happened: 'complained', dead: null };
  return bounces.get(type) ?? { happened: passing, dead: false };
}
