/** What the page of one mail shows. */
import type * as v from 'valibot';
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getMail, getMailTimeline, type mail, type timelineStep } from '../../api/routes/mails.ts';
import { durationText } from '../../view/time.ts';
import type { Tone } from '../../view/words.ts';
import { subjectText } from '../../view/words.ts';
import { type MendPanel, mendOf } from './mend.ts';
import { INBOUND, readView, type ShownView } from './message-views.ts';
import { type ProofChip, proofOf } from './proof.ts';

export interface TimelineRow {
  tone: Tone;
  /** ISO 8601; null where the time is not on record. */
  at: string | null;
  text: string;
  took: string | null;
  nextAt: string | null;
  link: { href: string; label: string } | null;
}

export interface MailPage {
  mail: v.InferOutput<typeof mail>;
  subject: string;
  mend: MendPanel | null;
  proof: ProofChip[];
  /** Null where it could not be read. */
  timeline: TimelineRow[] | null;
  shown: ShownView;
}

/** Reads the page; a refusal where there is no such mail for the viewer. */
export async function readMail(ask: Ask, id: string, search: URLSearchParams): Promise<Outcome<MailPage>> {
  const found = await ask(getMail, { params: { id } });
  if (!found.ok) return found;
  const params = { id: found.body.id };
  const [timeline, shown] = await Promise.all([
    ask(getMailTimeline, { params }),
    readView(ask, INBOUND, found.body.id, search),
  ]);
  return {
    ok: true,
    body: {
      mail: found.body,
      subject: subjectText(found.body.subject),
      mend: mendOf(found.body),
      proof: proofOf(found.body.evidence),
      timeline: timeline.ok ? timeline.body.steps.map(timelineRow) : null,
      shown,
    },
  };
}

const TONES = { done: 'good', waiting: 'wait', failed: 'bad' } as const;

function timelineRow(step: v.InferOutput<typeof timelineStep>): TimelineRow {
  const { at, ended_at: endedAt, run, delivery } = step;
  return {
    tone: TONES[step.state],
    at,
    text: step.text,
    took: at === null || endedAt === null ? null : durationText(Date.parse(endedAt) - Date.parse(at)),
    nextAt: step.next_at,
    link: run !== null ? { href: `/runs/${run}`, label: 'The run' } : linkOfDelivery(delivery),
  };
}

function linkOfDelivery(delivery: string | null): TimelineRow['link'] {
  return delivery === null ? null : { href: `/outbox/${delivery}`, label: 'The mail' };
}
