/** Resend's webhook events (resend.com/docs/webhooks) as events. */
import * as v from 'valibot';
import { parseMessageId } from '../threading/message-id.ts';
import {
  type DeliveryEvent,
  type DeliveryHappening,
  ignored,
  jsonFrom,
  mailIdSchema,
  malformed,
  type ParsedEvent,
  type ReceivedEvent,
  textSchema,
  timeFrom,
} from './provider-event.ts';

const addresses = v.nullish(v.array(v.string()), []);

const receivedData = v.object({
  email_id: mailIdSchema,
  from: v.nullish(v.string(), null),
  to: addresses,
  cc: addresses,
  bcc: addresses,
  received_for: addresses,
});
const deliveryData = v.object({
  email_id: mailIdSchema,
  from: v.nullish(v.string(), null),
  to: addresses,
  message_id: textSchema,
  bounce: v.nullish(v.object({ message: textSchema, type: textSchema, subType: textSchema })),
  failed: v.nullish(v.object({ reason: textSchema })),
  suppressed: v.nullish(v.object({ message: textSchema, type: textSchema })),
});
const envelope = v.object({ type: v.string(), created_at: textSchema, data: v.unknown() });

const happenings: ReadonlyMap<string, DeliveryHappening> = new Map<string, DeliveryHappening>([
  ['email.sent', 'sent'],
  ['email.delivered', 'delivered'],
  ['email.delivery_delayed', 'delayed'],
  ['email.bounced', 'failed'],
  ['email.failed', 'failed'],
  ['email.suppressed', 'failed'],
  ['email.complained', 'complained'],
]);

/** The types of events that a webhook at Resend is to have. */
export const RESEND_EVENTS: readonly string[] = ['email.received', ...happenings.keys()];

/** Kinds of bounces (Amazon SES, "Bounce types") after which the address takes no mail. */
const DEAD = ['NoEmail', 'Suppressed', 'OnAccountSuppressionList'];
/** Nobody knows yet, or it may pass. */
const SOFT = ['Transient', 'Undetermined'];

type DeliveryData = v.InferOutput<typeof deliveryData>;

/** Reads one event that was signed with this id. */
export function parseResendEvent(eventId: string, body: Uint8Array): ParsedEvent {
  const parsed = v.safeParse(envelope, jsonFrom(body));
  if (!parsed.success) return malformed('It is no JSON object with a type.');
  const { type, created_at, data } = parsed.output;
  if (type === 'email.received') {
    const received = v.safeParse(receivedData, data);
    if (!received.success) return malformed(`The ${type} event names no email_id.`);
    return { ok: true, eventId, event: receivedEvent(received.output), raw: null };
  }
  const happened = happenings.get(type);
  if (happened === undefined) return ignored(type);
  const delivery = v.safeParse(deliveryData, data);
  if (!delivery.success) return malformed(`The ${type} event names no email_id.`);
  const event = deliveryEvent(happened, delivery.output, timeFrom(created_at));
  return { ok: true, eventId, event, raw: null };
}

/** What is known of a mail that Resend's list of received mails names. */
export function listedEvent(id: string): ReceivedEvent | null {
  const parsed = v.safeParse(mailIdSchema, id);
  return parsed.success ? { kind: 'received', mailId: parsed.output, recipients: [], from: null } : null;
}

/** The envelope's recipients where the event has them, else all that the headers name. */
export function recipientsOf(mail: {
  received_for?: readonly string[] | null;
  to?: readonly string[] | null;
  cc?: readonly string[] | null;
  bcc?: readonly string[] | null;
}): string[] {
  const envelope = mail.received_for ?? [];
  return envelope.length > 0 ? [...envelope] : [...(mail.to ?? []), ...(mail.cc ?? []), ...(mail.bcc ?? [])];
}

function receivedEvent(data: v.InferOutput<typeof receivedData>): ReceivedEvent {
  return { kind: 'received', mailId: data.email_id, recipients: recipientsOf(data), from: data.from };
}

function deliveryEvent(happened: DeliveryHappening, data: DeliveryData, at: number | null): DeliveryEvent {
  const isSoft = SOFT.includes(data.bounce?.type ?? '');
  return {
    kind: 'delivery',
    mailId: data.email_id,
    happened: happened === 'failed' && isSoft ? 'delayed' : happened,
    recipients: data.to,
    from: data.from,
    messageId: parseMessageId(data.message_id),
    diagnostic: data.bounce?.message || data.failed?.reason || data.suppressed?.message || '',
    dead: isDead(data),
    at,
  };
}

/** An event does not say which of several recipients it concerns, so none of them counts as dead then. */
function isDead({ to, bounce, suppressed }: DeliveryData): boolean | null {
  if (to.length > 1) return false;
  if (suppressed) return true;
  return bounce && DEAD.includes(bounce.subType) ? true : null;
}
