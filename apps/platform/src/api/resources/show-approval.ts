/** What the API says of a mail that awaits approval, or awaited it. */
import { canonicalAddress, recipientRole, renderError, sha256Hex, splitFooter } from '@tinyfat/core';
import {
  allowList,
  answeredMail,
  approvalRecords,
  type Delivery,
  deliveriesOfMail,
  noteOnDelivery,
  type OfAgent,
  suppressedAmong,
  wroteBefore,
} from '@tinyfat/database';
import type { ComposedContent } from '@tinyfat/mail';
import type * as v from 'valibot';
import type { Refusal } from '../answer.ts';
import type { Call } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import type { approval, heldRecipient } from '../routes/approvals.ts';
import { readRecipients } from './mails.ts';
import { outgoingContent, readOutgoing } from './outgoing-mail.ts';

type Shown = v.InferOutput<typeof approval>;
type ShownRecipient = v.InferOutput<typeof heldRecipient>;
/** `compose` puts the text and its HTML before the files. */
const FIRST_FILE = 3;
/** Lines of the record that are shown; only the owner's own edits are more. */
const MOST_RECORDS = 50;

/** Only what an agent wrote can be written otherwise. */
export function isAgents({ kind }: Pick<Delivery, 'kind'>): boolean {
  return kind === 'reply' || kind === 'mail';
}

/** All of it; where there are no bytes its content is null. A refusal where they can not be read now. */
export async function showApproval(
  call: Parameters<typeof readOutgoing>[0],
  row: OfAgent<Delivery>,
  owner: string,
): Promise<{ ok: true; body: Shown } | Refusal> {
  const { deps } = call;
  let content: Shown['content'] = null;
  let composed: ComposedContent | null = null;
  if (row.raw_key !== '' && row.raw_removed_at === null) {
    const bytes = await readOutgoing(call, row);
    if (!bytes.ok) return bytes;
    const read = await outgoingContent(deps, bytes.raw);
    if (!read.ok) return read;
    composed = read.content;
    content = await shownContent(composed, bytes);
  }
  const mail = await answeredMail(deps.db, row.mail_id);
  const note = await noteOnDelivery(deps.db, row.id);
  const rewritten = note ? await deliveriesOfMail(deps.db, note.id) : [];
  const records = await approvalRecords(deps.db, row.id, MOST_RECORDS);
  return {
    ok: true,
    body: {
      id: row.id,
      agent: row.agent,
      kind: row.kind,
      state: row.state,
      subject: row.subject,
      created_at: isoTime(row.created_at),
      recipients: await shownRecipients(deps, row, { owner, sender: mail?.sender ?? '', composed }),
      content,
      reason_code: row.reason_code,
      reason: row.reason_code === null ? row.reason : renderError(row.reason_code, row.reason),
      changeable: row.state === 'awaiting_approval' && isAgents(row) && content !== null,
      mail: { id: row.mail_id, sender: mail?.sender ?? null, subject: mail?.subject ?? '' },
      run: row.run_id,
      record: records.map(({ action, by_address: by, via, at, note: said }) => ({
        ...{ action, by, via, note: said },
        at: isoTime(at),
      })),
      rewriting: note
        ? {
            mail: note.id,
            state: note.state,
            delivery: rewritten.find(({ kind }) => kind === 'reply' || kind === 'error')?.id ?? null,
          }
        : null,
    },
  };
}

async function shownContent(
  composed: ComposedContent,
  { raw, digest }: { raw: Uint8Array; digest: string },
): Promise<Shown['content']> {
  return {
    digest,
    bytes: raw.length,
    from: composed.from,
    reply_to: composed.replyTo,
    in_reply_to: composed.inReplyTo,
    ...splitFooter(composed.text),
    files: await Promise.all(
      composed.attachments.map(async ({ filename, contentType, content }, index) => ({
        part: index + FIRST_FILE,
        filename,
        content_type: contentType,
        bytes: content.length,
        sha256: await sha256Hex(content),
      })),
    ),
  };
}

/** Everybody in the envelope: who gets it, whatever its headers say. */
async function shownRecipients(
  { db }: Call<unknown, unknown, unknown>['deps'],
  row: Delivery,
  { owner, sender, composed }: { owner: string; sender: string; composed: ComposedContent | null },
): Promise<ShownRecipient[]> {
  const addresses = readRecipients(row.recipients);
  const allowed = await allowList(db, row.agent_id);
  const suppressed = await suppressedAmong(db, row.agent_id, addresses);
  const bases = new Map(
    addresses.map((address) => {
      const canonical = canonicalAddress(address);
      return [address, canonical.ok ? canonical.base : address];
    }),
  );
  const wrote = await wroteBefore(db, row.agent_id, [...bases.values()]);
  return addresses.map((address) => {
    const to = composed?.to.find((one) => one.address === address);
    const cc = composed?.cc.find((one) => one.address === address);
    const role = recipientRole(address, { owner, sender, allowList: allowed });
    const before = wrote.has(bases.get(address) ?? address) ? ('wrote_before' as const) : null;
    return {
      address,
      name: to?.name ?? cc?.name ?? '',
      header: to ? 'to' : cc ? 'cc' : 'none',
      known_as: role ?? before,
      suppressed: suppressed.find((one) => one.address === address)?.reason ?? null,
    };
  });
}
