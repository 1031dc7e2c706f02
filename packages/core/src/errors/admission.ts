import { SIZE_LIMITS } from '../admission/message-size.ts';
import type { AcceptedCode, AdmissionCode } from '../admission/smtp-reply.ts';
import type { ErrorDescription } from './describe.ts';

/** Why a mail woke nobody, and what can be done; of what was accepted there is nothing to say. */
export const admissionErrors = {
  unauthenticated: {
    sentence: 'The sender of the mail could not be authenticated.',
    nextStep: "Have the sender's domain sign with DKIM and publish a DMARC record.",
  },
  sender_mismatch: {
    sentence: 'The mail was authenticated for another domain than that of its From address.',
    nextStep:
      'Treat it as forged; if it is genuine, have the sender sign with the domain of the From address.',
  },
  dmarc_failed: {
    sentence: 'DMARC failed for the From domain.',
    nextStep: 'Treat it as forged; if it is genuine, have the sender mend DKIM or SPF of that domain.',
  },
  dkim_body_limited: {
    sentence: 'The only DKIM signature of the From domain leaves the end of the body unsigned (l=).',
    nextStep: "Have the sender's mail server sign the whole body, without the l= tag.",
  },
  no_policy_no_signature: {
    sentence: 'The From domain has neither a DMARC policy nor a valid DKIM signature on the mail.',
    nextStep:
      "Have the sender's domain sign with DKIM, and best publish a DMARC record too. If it can't, give the sender a secret address: tinyfat address create NAME",
  },
  from_missing: {
    sentence: 'The mail has no From address.',
    nextStep: 'Have the sender set one From address.',
  },
  from_several: {
    sentence: 'The mail has more than one From address.',
    nextStep: 'Have the sender send it again with one From header that holds one address.',
  },
  from_invalid: {
    sentence: 'The From address is malformed or can be read in two ways.',
    nextStep: 'Have the sender use a plain address such as name@example.com.',
  },
  not_allowed: {
    sentence: 'The sender is not on the list of this agent.',
    nextStep: 'To let the sender in, run: tinyfat allow add NAME ADDRESS',
  },
  stale: {
    sentence: 'The mail carries an old signature, or one that does not say when it was made.',
    nextStep:
      'Treat it as a copy that somebody else sent; if it is genuine, have the sender send it again, and check the clock of the mail server.',
  },
  not_addressed: {
    sentence:
      "The mail is signed by its sender, but it did not come from the sender's own server and does not name the agent in To or Cc.",
    nextStep:
      'If you expected it (a forwarder, a Bcc), release it: tinyfat mails release ID. For a forwarder of yours, make a secret address: tinyfat address create NAME',
  },
  perhaps_automatic: {
    sentence: "The mail carries a sign of automatic mail that people's mail can carry as well.",
    nextStep: 'If a person wrote it, run: tinyfat mails release ID. Else: tinyfat mails discard ID',
  },
  replayed: {
    sentence: 'The mail carries the signature of a mail that came before, under another Message-ID.',
    nextStep: 'Nothing to do: it is a copy, and the first one was taken.',
  },
  duplicate: {
    sentence: 'A mail with the same Message-ID was taken before.',
    nextStep: 'Nothing to do: the first one was taken.',
  },
  sender_limit: {
    sentence: 'The sender wrote more mails to the agent than the limit allows.',
    nextStep:
      'To have it answered, run: tinyfat mails release ID. Operators set SENDER_MAILS_PER_HOUR and SENDER_MAILS_PER_DAY.',
  },
  agent_limit: {
    sentence: 'The agent got more mails than the limit allows.',
    nextStep:
      'To have it answered, run: tinyfat mails release ID. Operators set AGENT_MAILS_PER_HOUR and AGENT_MAILS_PER_DAY.',
  },
  system_limit: {
    sentence: 'Too many mails of all agents wait for their turn.',
    nextStep: 'Wait until they are done or raise WORKERS, then run: tinyfat mails release ID',
  },
  thread_too_fast: {
    sentence: 'The thread goes back and forth without a pause, as between two machines.',
    nextStep: 'If a person wrote it, run: tinyfat mails release ID',
  },
  mailbox_full: {
    sentence: 'So many mails over the limit wait for the owner of the agent that no more are taken.',
    nextStep: 'Look at tinyfat mails NAME, and find out who sends them; the sending servers keep the rest.',
  },
  delivery_report: {
    sentence: 'The mail reports what became of a mail of the agent.',
    nextStep: 'tinyfat outbox list NAME shows it.',
  },
  feedback_report: {
    sentence: 'The mail says that somebody complained about a mail of the agent.',
    nextStep: 'tinyfat outbox suppressed NAME shows who gets no more mail from the agent.',
  },
  too_large: {
    sentence: `The mail is too large: ${SIZE_LIMITS}.`,
    nextStep: 'Send less, or a link to the large file.',
  },
  too_complex: {
    sentence: 'The mail has too many parts or lines, or costs too much time, to be read safely.',
    nextStep: 'Send it as a new plain mail, with the rest as one attachment.',
  },
  unreadable: {
    sentence: 'The mail could not be read.',
    nextStep: 'Send it again from another mail program.',
  },
  dns_trouble: {
    sentence: 'The sender could not be checked because the DNS did not answer.',
    nextStep: 'Nothing to do if it passes: the sending server tries again. If it lasts, check DNS_SERVERS.',
  },
  reading_deadline: {
    sentence: 'The mail could not be read within its deadline.',
    nextStep:
      'Nothing to do if it passes: the sending server tries again. If it lasts, the machine is overloaded.',
  },
  automatic_mail: {
    sentence:
      'The mail was sent by a machine (an auto-reply, a bounce or a list), so the agent was not woken.',
    nextStep: 'Nothing to do; to reach the agent, write to it as a person.',
  },
  own_address: {
    sentence: 'The mail came from an agent of this system, so the agent was not woken.',
    nextStep: 'Nothing to do; this keeps agents from writing to each other without end.',
  },
  bad_recipient: {
    sentence: 'The recipient address is malformed.',
    nextStep: 'Check the address of the agent.',
  },
  not_our_domain: {
    sentence: 'Mail for that domain is not taken here.',
    nextStep: 'Check the address; operators: MAIL_DOMAIN names the domain that is served.',
  },
  reserved_recipient: {
    sentence: 'The address is reserved and takes no mail.',
    nextStep: 'Check the address of the agent.',
  },
  unknown_recipient: {
    sentence: 'There is no agent of that name.',
    nextStep: 'Check the address; operators: tinyfat agent list shows those that there are.',
  },
} as const satisfies Record<Exclude<AdmissionCode, AcceptedCode>, ErrorDescription>;
