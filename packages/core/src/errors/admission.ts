import type { AdmissionCode } from '../admission/smtp-reply.ts';
import type { ErrorDescription } from './describe.ts';

/** Why a mail woke nobody; `accepted` and `duplicate` are no errors and have nothing to mend. */
export const admissionErrors = {
  unauthenticated: {
    seenBy: 'owner',
    sentence: 'The sender of the mail could not be authenticated.',
    nextStep:
      "Have the sender's domain sign with DKIM and publish a DMARC record, or have the operator trust the client.",
  },
  sender_mismatch: {
    seenBy: 'owner',
    sentence: 'The mail was authenticated for another domain than that of its From address.',
    nextStep:
      'Treat it as forged; if it is genuine, have the sender sign with the domain of the From address.',
  },
  dmarc_failed: {
    seenBy: 'owner',
    sentence: 'DMARC failed for the From domain.',
    nextStep: 'Treat it as forged; if it is genuine, have the sender mend DKIM or SPF of that domain.',
  },
  dkim_body_limited: {
    seenBy: 'owner',
    sentence: 'The only DKIM signature of the From domain leaves the end of the body unsigned (l=).',
    nextStep: "Have the sender's mail server sign the whole body, without the l= tag.",
  },
  no_policy_no_signature: {
    seenBy: 'owner',
    sentence: 'The From domain has neither a DMARC policy nor a valid DKIM signature on the mail.',
    nextStep: "Have the sender's domain sign with DKIM, and best publish a DMARC record too.",
  },
  from_missing: {
    seenBy: 'owner',
    sentence: 'The mail has no From address.',
    nextStep: 'Have the sender set one From address.',
  },
  from_several: {
    seenBy: 'owner',
    sentence: 'The mail has more than one From address.',
    nextStep: 'Have the sender send it again with one From header that holds one address.',
  },
  from_invalid: {
    seenBy: 'owner',
    sentence: 'The From address is malformed or can be read in two ways.',
    nextStep: 'Have the sender use a plain address such as name@example.com.',
  },
  not_allowed: {
    seenBy: 'owner',
    sentence: 'The sender is not on the list of this agent.',
    nextStep: 'To let the sender in, run: tinyfat allow add NAME ADDRESS',
  },
  too_large: {
    seenBy: 'sender',
    sentence: 'The mail is too large.',
    nextStep: 'Send less, or a link to the large file.',
  },
  too_complex: {
    seenBy: 'sender',
    sentence: 'The mail has too many parts or lines to be read safely.',
    nextStep: 'Send it as a new plain mail, with the rest as one attachment.',
  },
  unreadable: {
    seenBy: 'sender',
    sentence: 'The mail could not be read.',
    nextStep: 'Send it again from another mail program.',
  },
  dns_trouble: {
    seenBy: 'operator',
    sentence: 'The sender could not be checked because the DNS did not answer.',
    nextStep: 'Nothing to do if it passes: the sending server tries again. If it lasts, check DNS_SERVERS.',
  },
  reading_deadline: {
    seenBy: 'operator',
    sentence: 'The mail could not be read within its deadline.',
    nextStep:
      'Nothing to do if it passes: the sending server tries again. If it lasts, the machine is overloaded.',
  },
  automatic_mail: {
    seenBy: 'owner',
    sentence:
      'The mail was sent by a machine (an auto-reply, a bounce or a list), so the agent was not woken.',
    nextStep: 'Nothing to do; to reach the agent, write to it as a person.',
  },
  own_address: {
    seenBy: 'owner',
    sentence: 'The mail came from an agent of this system, so the agent was not woken.',
    nextStep: 'Nothing to do; this keeps agents from writing to each other without end.',
  },
  bad_recipient: {
    seenBy: 'sender',
    sentence: 'The recipient address is malformed.',
    nextStep: 'Check the address of the agent.',
  },
  not_our_domain: {
    seenBy: 'sender',
    sentence: 'Mail for that domain is not taken here.',
    nextStep: 'Check the address; operators: MAIL_DOMAIN names the domain that is served.',
  },
  reserved_recipient: {
    seenBy: 'sender',
    sentence: 'The address is reserved and takes no mail.',
    nextStep: 'Check the address of the agent.',
  },
  unknown_recipient: {
    seenBy: 'sender',
    sentence: 'There is no agent of that name.',
    nextStep: 'Check the address; operators: tinyfat agent list shows those that there are.',
  },
} as const satisfies Record<Exclude<AdmissionCode, 'accepted' | 'duplicate'>, ErrorDescription>;
