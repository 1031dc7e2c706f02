import { canonicalAddress, describeError, isErrorCode } from '@tinyfat/core';
import {
  deliveriesOfMail,
  discardMails,
  type Mail,
  type OfAgent,
  runOfMail,
  visibleMails,
} from '@tinyfat/database';
import * as v from 'valibot';
import { type Refusal, refuse } from '../answer.ts';
import { pageFrom } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint, endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/mails.ts';
import { rawRemoved } from './raw-removed.ts';

const result = { result: v.string(), aligned: v.boolean() };
/** `AuthenticationEvidence` of core, as intake stores it. */
const storedEvidence = v.object({
  source: v.picklist(['trusted_client', 'verified', 'asserted', 'unverified']),
  authserv: v.nullable(v.string()),
  spf: v.nullable(v.object({ ...result, domain: v.nullable(v.string()) })),
  dkim: v.array(
    v.object({
      ...result,
      domain: v.string(),
      selector: v.string(),
      bodyLengthLimited: v.boolean(),
      signedAt: v.optional(v.nullable(v.number())),
    }),
  ),
  dmarc: v.nullable(
    v.object({
      result: v.string(),
      domain: v.nullable(v.string()),
      policy: v.nullable(v.picklist(['none', 'quarantine', 'reject'])),
    }),
  ),
});

export const mailEndpoints = [
  endpoint(routes.listMails, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const { state, verdict, message_id: messageId } = query;
    const sender = query.sender === undefined ? undefined : canonicalAddress(query.sender.trim());
    if (sender?.ok === false) return refuse('invalid_request', `"sender": ${sender.reason}`);
    const [since, before] = [query.since, query.before].map((text) =>
      text === undefined ? undefined : Date.parse(text),
    );
    const filter = { ...narrowed.row, state, verdict, messageId, senderBase: sender?.base, since, before };
    return await pageFrom(
      query,
      (page) => visibleMails(deps.db, see.sight, filter, page),
      ({ received_at, id }) => ({ at: received_at, id }),
      facts,
    );
  }),

  endpoint(routes.getMail, async ({ deps, see, params }) => {
    const found = await see.mail(params.id);
    return found.ok ? { ok: true, body: await shown(deps, found.row) } : found;
  }),

  endpoint(routes.getRawMail, async ({ deps, see, params }) => {
    const found = await see.mail(params.id);
    if (!found.ok) return found;
    if (found.row.raw_removed_at !== null) return rawRemoved(found.row.raw_removed_at);
    const content = await deps.rawMail.stream(found.row.raw_key);
    return { ok: true, body: { ...content, name: `${found.row.id}.eml` } };
  }),

  endpoint(routes.releaseMail, async ({ deps, see, params }) => {
    const found = await see.mail(params.id);
    if (!found.ok) return found;
    if ((await deps.mails.releaseMail(found.row.id)) !== 'queued') return notWaiting(found.row);
    deps.wakeUp.wake('jobs');
    const now = await see.mail(params.id);
    return now.ok ? { ok: true, body: await shown(deps, now.row) } : now;
  }),

  endpoint(routes.discardMail, async ({ deps, see, params }) => {
    const found = await see.mail(params.id);
    if (!found.ok) return found;
    if ((await discardMails(deps.db, { mailId: found.row.id })) === 0) return notWaiting(found.row);
    const now = await see.mail(params.id);
    return now.ok ? { ok: true, body: await shown(deps, now.row) } : now;
  }),

  agentEndpoint(routes.discardAllMails, async ({ agent, deps }) => {
    return { ok: true, body: { discarded: await discardMails(deps.db, { agentId: agent.id }) } };
  }),
];

function notWaiting({ state, verdict, reason_code: code }: Mail): Refusal {
  const is = `The mail is ${state.replaceAll('_', ' ')}.`;
  if (state === 'awaiting_approval') {
    const nextStep = 'See: tinyfat outbox list, tinyfat outbox approve ID';
    return { ...refuse('conflict', `${is} It had its turn, and its answer awaits approval.`), nextStep };
  }
  const refusal = refuse(
    'conflict',
    `${is} Only mails that are quarantined or over a limit can be released or discarded.`,
  );
  const isFinal = verdict === 'refused' || verdict === 'automatic';
  return isFinal ? { ...refusal, nextStep: describeError(code).nextStep } : refusal;
}

function facts(mail: OfAgent<Mail>) {
  return {
    id: mail.id,
    agent: mail.agent,
    received_at: isoTime(mail.received_at),
    via: mail.via,
    client_address: mail.client_address,
    envelope_sender: mail.envelope_sender,
    envelope_recipient: mail.envelope_recipient,
    sender: mail.sender,
    sender_name: mail.sender_name,
    subject: mail.subject,
    sent_at: isoTimeOrNull(mail.sent_at),
    message_id: mail.message_id,
    raw_bytes: mail.raw_bytes,
    verdict: mail.verdict,
    reason_code: mail.reason_code,
    reason: mail.reason,
    state: mail.state,
    state_reason: mail.state_reason,
    evidence: readEvidence(mail.evidence),
  };
}

async function shown(deps: ApiDeps, mail: OfAgent<Mail>) {
  const run = await runOfMail(deps.db, mail.id);
  const deliveries = await deliveriesOfMail(deps.db, mail.id);
  const isOfList = isErrorCode(mail.reason_code);
  return {
    ...facts(mail),
    in_reply_to: mail.in_reply_to,
    references: mail.thread_references.split(' ').filter((one) => one !== ''),
    authentication: mail.authentication,
    next_step: isOfList ? describeError(mail.reason_code).nextStep : null,
    waiting: mail.state === 'quarantined' || mail.state === 'over_limit',
    run: run?.id ?? null,
    deliveries: deliveries.map(({ id, kind, recipients, state }) => ({
      id,
      kind,
      recipients: readRecipients(recipients),
      state,
    })),
  };
}

/** Null also where a row has anything else than intake writes. */
function readEvidence(text: string) {
  const parsed = v.safeParse(storedEvidence, JSON.parse(text));
  if (!parsed.success) return null;
  const { dkim, ...evidence } = parsed.output;
  return {
    ...evidence,
    dkim: dkim.map(({ bodyLengthLimited, signedAt, ...signature }) => ({
      ...signature,
      body_length_limited: bodyLengthLimited,
      signed_at: typeof signedAt === 'number' ? dateOrNull(signedAt) : null,
    })),
  };
}

/** A signature may claim any number. */
function dateOrNull(epochMs: number): string | null {
  return Math.abs(epochMs) < 253_402_300_800_000 ? isoTime(epochMs) : null;
}

/** JSON array of addresses, as the host wrote it. */
export function readRecipients(text: string): string[] {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}
