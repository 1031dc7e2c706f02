/** The words of the look at the mail domain. */
import type { DomainRowState, MailDomainReport } from '@tinyfat/mail';
import type { Word } from '../../view/words.ts';

/** Of a row in DNS. */
export const ROW_WORDS: Readonly<Record<DomainRowState, Word>> = {
  ok: { label: 'as it should be', tone: 'good' },
  missing: { label: 'missing', tone: 'bad' },
  different: { label: 'different', tone: 'wait' },
  unknown: { label: 'unknown', tone: 'quiet' },
};

/** Of who sends the mail. */
export const SENDER_WORDS: Readonly<Record<MailDomainReport['sender']['state'], Word>> = {
  ok: { label: 'sends', tone: 'good' },
  trouble: { label: 'does not send yet', tone: 'bad' },
  unknown: { label: 'unknown', tone: 'quiet' },
};
