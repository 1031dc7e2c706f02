/** Whether mail of an address would get in, asked before any comes: by the rule that judges mail itself. */
import { admit } from './admit.ts';
import { type AllowEntry, entryDomain } from './allow-list.ts';
import type { CanonicalAddress } from './canonical-address.ts';
import type { MailSummary } from './evidence.ts';
import { imitations } from './imitation.ts';
import { lookAlikeWarning } from './look-alike.ts';

/** Which agent, and who would write to it. */
export interface SenderQuestion {
  sender: CanonicalAddress;
  agent: { name: string; address: string };
  allowList: readonly AllowEntry[];
  /** The sender is the address of one of our agents. */
  isAgent: boolean;
  /** Epoch ms. */
  now: number;
}

/** `code` and `reason` are those of the verdict that the mail would get. */
export interface SenderAnswer {
  getsIn: boolean;
  /** The entry that lets it in; null where none does. */
  entry: string | null;
  code: string;
  /** A sentence for the owner. */
  reason: string;
  /** The address may be mistaken for another one; null: nothing is odd about it. */
  warning: string | null;
}

/** Judges a mail that a person writes at this moment, whose sender is proven. Pure. */
export function wouldGetIn({ sender, agent, allowList, isAgent, now }: SenderQuestion): SenderAnswer {
  const verdict = admit({
    inspection: {
      ok: true,
      summary: plainMail(sender.address, agent.address, now),
      // The client itself is trusted, so nothing but the list decides.
      evidence: { source: 'trusted_client', authserv: null, spf: null, dkim: [], dmarc: null },
    },
    envelopeSender: sender.address,
    agent,
    viaSecretAddress: false,
    now,
    allowList,
    isOwnAddress: () => isAgent,
  });
  const known = [...allowList.map(entryDomain), agent.address.slice(agent.address.lastIndexOf('@') + 1)];
  return {
    getsIn: verdict.verdict === 'accepted',
    entry: verdict.verdict === 'accepted' ? verdict.entry.text : null,
    code: verdict.code,
    reason: verdict.reason,
    warning: lookAlikeWarning(sender.address) ?? imitations(known)(sender.domain),
  };
}

function plainMail(from: string, to: string, date: number): MailSummary {
  return {
    from: { ok: true, address: from, name: '' },
    to: [{ address: to, name: '' }],
    cc: [],
    subject: '',
    date,
    messageId: null,
    inReplyTo: null,
    references: [],
    fieldCounts: { to: 1, cc: 0, date: 1 },
    automatic: [],
    perhapsAutomatic: [],
  };
}
