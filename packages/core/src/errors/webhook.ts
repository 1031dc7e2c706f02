import type { ErrorDescription } from './describe.ts';

/** Why a provider's webhook was refused, or why its event could not be worked on. */
export const webhookErrors = {
  webhook_not_configured: {
    sentence: 'A webhook came from a provider that this server has no secret of.',
    nextStep: 'Set RESEND_WEBHOOK_SECRET or POSTMARK_WEBHOOK_AUTH, or remove the webhook at the provider.',
  },
  webhook_signature_wrong: {
    sentence: 'A webhook of Resend has no signature of any of our secrets, so nothing in it is believed.',
    nextStep:
      'Treat it as forged; if it is genuine, set RESEND_WEBHOOK_SECRET to the signing secret that Resend shows for this webhook.',
  },
  webhook_stale: {
    sentence: 'A webhook of Resend was signed more than five minutes ago or ahead, so it may be a copy.',
    nextStep: "Check this machine's clock; Resend sends the event again by itself.",
  },
  webhook_unauthorized: {
    sentence: 'A webhook of Postmark came without the right user and password.',
    nextStep:
      'Treat it as forged; if it is genuine, put the user and password of POSTMARK_WEBHOOK_AUTH into the URL at Postmark: https://user:password@…',
  },
  webhook_too_large: {
    sentence: 'A webhook is larger than any that the provider sends.',
    nextStep: 'Nothing to do if it was forged; else report it with its size.',
  },
  webhook_busy: {
    sentence:
      'More bytes of webhooks came at once than are held in memory, so the provider was asked to come again.',
    nextStep: 'Nothing to do if it passes; if it lasts, see in the log of the proxy who sends them.',
  },
  webhook_incomplete: {
    sentence: 'A webhook broke off, or did not come whole in time.',
    nextStep: 'Nothing to do: the provider sends it again by itself.',
  },
  webhook_malformed: {
    sentence: 'A webhook that the provider itself sent could not be read.',
    nextStep: 'Look whether the provider has changed its format, and report it.',
  },
  webhook_raw_missing: {
    sentence: 'Postmark sent a mail without its raw content, which is the only thing that can be checked.',
    nextStep:
      'At Postmark enable "Include raw email content in JSON payload" for the inbound stream; it sends the mail again by itself.',
  },
  webhook_not_stored: {
    sentence: 'A webhook could not be stored, so the provider was asked to send it again.',
    nextStep: 'Mend the disk or the database; the log line names what is in the way.',
  },
  webhook_fetch_failed: {
    sentence: 'Resend reported a mail, and did not give it when it was asked for.',
    nextStep:
      'Nothing to do if it passes; if it lasts, RESEND_API_KEY must have full access, not only access to send.',
  },
  webhook_put_off: {
    sentence: 'The mail could not be taken at the moment; it is tried again.',
    nextStep: 'Nothing to do if it passes; the reason names what is in the way.',
  },
  webhook_delivery_unknown: {
    sentence: 'The provider reported on a mail that this server has not sent.',
    nextStep: 'Nothing to do: another server or program sends through the same account.',
  },
  webhook_gave_up: {
    sentence: 'An event of a webhook could not be worked on for as long as it was tried.',
    nextStep: 'The reason names what was in the way; the mail is still at the provider: see its web page.',
  },
} as const satisfies Record<string, ErrorDescription>;
