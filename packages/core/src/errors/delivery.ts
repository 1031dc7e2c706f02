import type { ErrorDescription } from './describe.ts';

/** Why a mail of an agent's outbox did not leave. */
export const deliveryErrors = {
  outbox_not_json: {
    sentence: 'The outbox file is not a JSON object.',
    nextStep: 'Write one mail as one JSON object, with a name that ends in .json.',
  },
  outbox_invalid: {
    sentence: 'The outbox file does not describe a mail that can be sent.',
    nextStep: 'Mend what is named and write the file into outbox/email again.',
  },
  recipients_not_allowed: {
    sentence: 'The mail goes to somebody who is not an allowed sender, so it waits for your approval.',
    nextStep:
      'To send it, run: tinyfat outbox approve ID; to allow that person for good: tinyfat allow add NAME ADDRESS',
  },
  approval_always: {
    sentence: 'Everything that this agent writes waits for your approval, as is set for it.',
    nextStep:
      'To send it, run: tinyfat outbox approve ID; to let it write to people it knows without asking: tinyfat agent set NAME --outbound known',
  },
  recipient_suppressed: {
    sentence: 'Mail to somebody on it came back before, or they complained, so it waits for your approval.',
    nextStep:
      'To send it all the same, run: tinyfat outbox approve ID; to write to that person again: tinyfat outbox unsuppress NAME ADDRESS',
  },
  owner_edited: {
    sentence: 'The owner edited the mail, and it waits for approval.',
    nextStep: 'To send it, run: tinyfat outbox approve ID',
  },
  owner_rejected: {
    sentence: 'The owner rejected the mail, so it was not sent.',
    nextStep: 'Write another mail if one is still wanted.',
  },
  file_missing: {
    sentence: 'A file that was to be sent does not exist.',
    nextStep: 'Write the file below /data first, then the mail.',
  },
  file_not_a_file: {
    sentence: 'What was to be sent is a link, a folder or a special file.',
    nextStep: 'Copy the content into a plain file below /data.',
  },
  file_bad_path: {
    sentence: 'The path of a file that was to be sent leads out of /data or through a link.',
    nextStep: 'Use the path of a plain file below /data.',
  },
  file_too_large: {
    sentence: 'A file that was to be sent is too large for a mail.',
    nextStep: 'Compress or split it.',
  },
  file_hard_linked: {
    sentence: 'A file that was to be sent has a second name elsewhere (a hard link).',
    nextStep: 'Copy the content into a file of its own.',
  },
  outbox_left_over: {
    sentence: 'The mail was written in a turn that did not get to its end, so it was not sent.',
    nextStep: 'Write it again if it is still wanted; the files lie in outbox/failed.',
  },
  outbox_over_limit: {
    sentence: 'The turn left more in the outbox than is sent after one turn, so this was not sent.',
    nextStep:
      'Find the files in outbox/failed, and write those that are still wanted again, a few at a time.',
  },
  compose_failed: {
    sentence: 'The mail could not be rendered.',
    nextStep: 'Have the agent write it in a simpler form; the reason names what was in the way.',
  },
  delivery_rejected: {
    sentence: 'The mail provider refused the mail for good.',
    nextStep: 'Mend what its answer names, then run: tinyfat outbox retry ID',
  },
  delivery_exhausted: {
    sentence: 'The mail provider could not be reached, or put the mail off, too many times.',
    nextStep: 'Check the provider and its settings, then run: tinyfat outbox retry ID',
  },
  delivery_deferred: {
    sentence: 'The mail provider could not be reached, or put the mail off; it is tried again by itself.',
    nextStep:
      'Nothing has to be done unless it goes on: then mend what the reason names, at the provider or in the settings for mail out.',
  },
  delivery_uncertain: {
    sentence: 'No clear answer came from the mail provider, which may already have taken the mail.',
    nextStep: 'Ask the recipient whether it arrived; only if not, run: tinyfat outbox retry ID',
  },
  delivery_parked: {
    sentence: 'The account at the mail provider may not send at present, so the mail waits.',
    nextStep:
      'Raise the quota there or wait until it begins anew; the mail is tried again by itself, at least every day.',
  },
  provider_unauthorized: {
    sentence: 'The mail provider does not accept the key of this server, or not from here.',
    nextStep:
      'Set RESEND_API_KEY or POSTMARK_SERVER_TOKEN to a key that may send, restart, then run: tinyfat outbox retry ID',
  },
  provider_sender_refused: {
    sentence: "The mail provider does not let this server send from the agent's address.",
    nextStep: 'Verify the domain of MAIL_DOMAIN at the provider, then run: tinyfat outbox retry ID',
  },
  delivery_bounced: {
    sentence: 'The mail was sent, and came back.',
    nextStep: 'Check the address; to send the mail to everybody on it again, run: tinyfat outbox retry ID',
  },
} as const satisfies Record<string, ErrorDescription>;
