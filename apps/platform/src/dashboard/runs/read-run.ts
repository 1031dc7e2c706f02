/** What the page of a run shows: the run, one page of its steps, and the step that is read. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getMail } from '../../api/routes/mails.ts';
import { getRun, getRunEvents, type runDetail } from '../../api/routes/runs.ts';
import { type RunEvent, type Step, stepOf, stepToRead, type Timeline, timelineOf } from './timeline.ts';

export type RunDetail = v.InferOutput<typeof runDetail>;

export interface RunPage {
  run: RunDetail;
  /** Null where the events can not be read. */
  steps: StepPage | null;
  /** The step that is shown whole; undefined where there is none. */
  shown: Step | undefined;
  /** It was asked for by the address, so that a live page stays at it. */
  chosen: boolean;
  /** Mails that left because of it, by id; null where they can not be read. */
  deliveries: { id: string; kind: string; recipients: readonly string[]; state: string }[] | null;
}

export interface StepPage {
  timeline: Timeline;
  /** Number of the event before the first one of this page. */
  before: number;
  /** Addresses of the steps before and behind these; null where there are none. */
  earlier: string | null;
  later: string | null;
}

/** Events on one page; a step has one to four. */
const EVENTS = 120;

/** Reads it; `search` is the query of the page: `step` and `after` are numbers of events. */
export async function readRun(
  ask: Ask,
  id: string,
  search: URLSearchParams,
): Promise<{ ok: true; page: RunPage } | Refusal> {
  const found = await ask(getRun, { params: { id } });
  if (!found.ok) return found;
  const run = found.body;
  const goesOn = isGoingOn(run);
  const failed = run.status === 'failed';
  const from = numberIn(search, 'after');
  const [steps, mail] = await Promise.all([
    readSteps(ask, run.id, from, goesOn || failed),
    ask(getMail, { params: { id: run.mail } }),
  ]);
  const key = numberIn(search, 'step');
  const asked = key === null || steps === null ? undefined : stepOf(steps.timeline, key);
  return {
    ok: true,
    page: {
      run,
      steps,
      shown: asked ?? (steps === null ? undefined : stepToRead(steps.timeline, failed)),
      chosen: asked !== undefined,
      deliveries: mail.ok ? mail.body.deliveries : null,
    },
  };
}

/** Whether it may still change. */
export function isGoingOn({ status }: Pick<RunDetail, 'status'>): boolean {
  return status === 'running' || status === 'waiting';
}

/** Where a step is read, without losing the page that it is on. */
export function stepHref(key: number, after: number): string {
  return `?${after > 0 ? `after=${after}&` : ''}step=${key}#step`;
}

/** Without a place the last page is read where the end is what matters, else the first. */
async function readSteps(
  ask: Ask,
  id: string,
  from: number | null,
  atEnd: boolean,
): Promise<StepPage | null> {
  const isTail = from === null && atEnd;
  const query = {
    limit: String(EVENTS),
    after: String(from ?? 0),
    ...(isTail ? { tail: 'true' as const } : {}),
  };
  const answer = await ask(getRunEvents, { params: { id }, query });
  if (!answer.ok || !('list' in answer.body)) return null;
  const { data, next_cursor: next } = answer.body.list;
  const events = data.map(({ id: seq, ...event }): RunEvent => ({ ...event, seq: Number(seq) }));
  const before = Math.max(0, (events[0]?.seq ?? 1) - 1);
  const timeline = timelineOf(events);
  return {
    timeline,
    before,
    earlier: before === 0 ? null : `?after=${Math.max(0, before - EVENTS)}`,
    later: next === null ? null : `?after=${timeline.last}`,
  };
}

function numberIn(search: URLSearchParams, name: string): number | null {
  const text = search.get(name) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
