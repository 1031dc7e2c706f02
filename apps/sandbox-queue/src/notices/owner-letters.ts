/** What mails of the host to owners say. A notice's content is fixed as JSON when it is asked for, so that every try says the same. */
import { formatUsd, parseJson } from '@tinyfat/core';
import type { Letter, LetterBlock } from '@tinyfat/mail';
import * as v from 'valibot';

const amount = v.number();

const failedContent = v.object({
  kind: v.literal('failed'),
  mails: v.array(v.object({ agent: v.string(), sender: v.string(), subject: v.string(), error: v.string() })),
  more: amount,
});
const budgetContent = v.object({
  kind: v.literal('budget'),
  month: v.string(),
  /** Null for the budget of the owner. */
  agent: v.nullable(v.string()),
  spentMicroUsd: amount,
  monthlyMicroUsd: amount,
});
const digestContent = v.object({
  kind: v.literal('digest'),
  day: v.string(),
  received: amount,
  answered: amount,
  refused: amount,
  failed: amount,
  spentMicroUsd: amount,
  held: amount,
});
const testContent = v.object({ kind: v.literal('test') });

const content = v.variant('kind', [failedContent, budgetContent, digestContent, testContent]);

/** What a notice says, by its kind. */
export type NoticeContent = v.InferOutput<typeof content>;

/** Reads the content of a row; null for what no version of this program wrote. */
export function readContent(text: string): NoticeContent | null {
  const parsed = v.safeParse(content, parseJson(text));
  return parsed.success ? parsed.output : null;
}

/** Where letters lead to: the pages, and the name of this installation in a sentence. */
export interface Pages {
  /** Null: the letter has no link. */
  publicUrl: string | null;
  mailDomain: string;
}

/** Subject and letter of a notice. */
export function ownerLetter(notice: NoticeContent, pages: Pages): { subject: string; letter: Letter } {
  switch (notice.kind) {
    case 'test':
      return testLetter(pages);
    case 'failed':
      return failedLetter(notice, pages);
    case 'budget':
      return budgetLetter(notice, pages);
    case 'digest':
      return digestLetter(notice, pages);
  }
}

function testLetter({ mailDomain, publicUrl }: Pages) {
  const letter: Letter = {
    heading: 'Mail arrives',
    blocks: [
      paragraph(`This is the test mail that you asked ${mailDomain} for. Its mail reaches you.`),
      ...link('Open the settings of mail', publicUrl, '/settings/mail'),
    ],
  };
  return { subject: `Test mail of ${mailDomain}`, letter };
}

function failedLetter({ mails, more }: v.InferOutput<typeof failedContent>, { publicUrl }: Pages) {
  const count = mails.length + more;
  const heading = count === 1 ? 'A mail got no answer' : `${count} mails got no answer`;
  const blocks: LetterBlock[] = [
    {
      kind: 'rows',
      rows: mails.map(({ agent, sender, subject, error }) => ({
        label: `${agent}: ${subject || '(no subject)'}`,
        text: [`From ${sender}. ${error}`],
      })),
    },
  ];
  if (more > 0) blocks.push({ kind: 'text', quiet: true, text: [`… and ${more} more.`] });
  blocks.push(...link('Open the runs', publicUrl, '/runs?status=failed'), why());
  const [first] = mails;
  const subject = count === 1 && first ? `${first.agent}: a mail got no answer` : heading;
  return { subject, letter: { heading, blocks } };
}

function budgetLetter(notice: v.InferOutput<typeof budgetContent>, { publicUrl }: Pages) {
  const { agent, spentMicroUsd: spent, monthlyMicroUsd: monthly, month } = notice;
  const whose = agent === null ? 'Your budget' : `The budget of ${agent}`;
  const percent = monthly > 0 ? Math.floor((spent / monthly) * 100) : 100;
  const heading = `${whose} is used to ${percent} %`;
  const letter: Letter = {
    heading,
    blocks: [
      paragraph(`${formatUsd(spent)} of ${formatUsd(monthly)} are spent in ${month}.`),
      paragraph('Once all of it is spent, mail gets no answer until the next month, or until it is raised.'),
      ...link('Open usage', publicUrl, '/usage'),
      why(),
    ],
  };
  return { subject: heading, letter };
}

function digestLetter(day: v.InferOutput<typeof digestContent>, { publicUrl }: Pages) {
  const row = (label: string, text: string) => ({ label, text: [text] });
  const letter: Letter = {
    heading: `Your agents on ${day.day}`,
    blocks: [
      {
        kind: 'rows',
        rows: [
          row('received', String(day.received)),
          row('answered', String(day.answered)),
          row('refused', String(day.refused)),
          row('without an answer', String(day.failed)),
          row('spent', formatUsd(day.spentMicroUsd)),
          row('awaits your approval now', String(day.held)),
        ],
      },
      ...link('Open the dashboard', publicUrl, '/'),
      why(),
    ],
  };
  return { subject: `Your agents on ${day.day}: ${day.received} received, ${day.answered} answered`, letter };
}

function paragraph(text: string): LetterBlock {
  return { kind: 'text', text: [text] };
}

function link(label: string, publicUrl: string | null, path: string): LetterBlock[] {
  return publicUrl === null ? [] : [{ kind: 'link', label, href: new URL(path, publicUrl).href }];
}

function why(): LetterBlock {
  return {
    kind: 'text',
    quiet: true,
    text: ['You get this as the owner of the agents. The settings of mail say what you are mailed about.'],
  };
}
