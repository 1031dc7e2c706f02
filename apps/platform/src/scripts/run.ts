/**
 * The page of a run that goes on: its events come on one stream, from the first one of the page, and the steps, the step
 * that is read and the figures are kept true by them. Once the run has ended the page is loaded anew, as it is stored.
 */
import { contextText, type RunWords, runTokensText, runWord } from '../dashboard/runs/run-words.ts';
import { addEvent, modelWorksSince, openTimeline, stepOf, stepToRead } from '../dashboard/runs/timeline.ts';
import { moneyText } from '../view/numbers.ts';
import { durationText } from '../view/time.ts';
import { followStream, type StreamEvent, type StreamState } from './event-stream.ts';
import { drawDetail } from './run/draw-detail.ts';
import { drawSteps, setText } from './run/draw-steps.ts';

/** Steps and seconds are drawn so often at most, ms: an agent can write many events at once. */
const DRAW_MS = 150;
const TICK_MS = 1000;
/** Of a page: a run that does more is shown from its last steps on. */
const MOST_STEPS = 400;
/** A page is not loaded anew for that more often, ms: an agent can write events as fast as it likes. */
const LEAST_STAY_MS = 10_000;
/** The mail that leaves because of a run is on record a moment after its end. */
const RELOAD_MS = 300;

const STATES: Readonly<Record<StreamState, string>> = {
  live: 'Live: what happens shows here.',
  waiting: 'The connection is interrupted; it is tried again.',
  refused: 'The page is no longer live. Load it again.',
};

/** Somebody reads a step: they are not taken away from it. */
const MORE = 'More has happened than this page holds. It shows the last steps when it is opened anew.';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the server sends of a run is what it declares. */
function isRun(value: unknown): value is RunWords {
  return isRecord(value) && typeof value.status === 'string' && typeof value.cost_usd === 'number';
}

function follow(place: HTMLElement, id: string): void {
  const list = place.querySelector('[data-attempts]');
  const card = place.querySelector<HTMLElement>('[data-detail]');
  const figure = (name: string) => document.querySelector<HTMLElement>(`[data-figure="${name}"]`);
  const before = Number(place.dataset.before ?? 0);
  const chosen = place.dataset.chosen === undefined ? null : Number(place.dataset.chosen);
  const timeline = openTimeline();
  let run: RunWords | null = null;
  let isDrawnSoon = false;
  let isLeaving = false;

  const draw = () => {
    isDrawnSoon = false;
    const now = Date.now();
    const shown = (chosen === null ? undefined : stepOf(timeline, chosen)) ?? stepToRead(timeline, false);
    if (list) {
      const hrefOf = (key: number) => `?${before > 0 ? `after=${before}&` : ''}step=${key}#step`;
      drawSteps(list, timeline, { now, shown, hrefOf });
    }
    if (card && shown) drawDetail(card, shown, now);
    if (timeline.attempts.length > 0) document.querySelector('[data-nothing]')?.remove();
    if (run) drawRun(run, now);
    const since = modelWorksSince(timeline);
    const pending = place.querySelector<HTMLElement>('[data-pending]');
    if (pending) pending.hidden = since === null;
    if (since !== null) setText(pending, `The model is at work, ${durationText(Math.max(0, now - since))}.`);
  };
  const drawSoon = () => {
    if (isDrawnSoon) return;
    isDrawnSoon = true;
    setTimeout(draw, DRAW_MS);
  };

  const drawRun = (current: RunWords, now: number) => {
    const word = runWord(current);
    const badge = document.querySelector<HTMLElement>('[data-run-word]');
    setText(badge, word.label);
    if (badge) badge.dataset.tone = word.tone;
    const stop = document.querySelector<HTMLElement>('[data-stop]');
    if (stop) stop.hidden = current.stop_asked_at !== null;
    if (current.status !== 'waiting') {
      setText(figure('time'), durationText(Math.max(0, now - Date.parse(current.started_at))));
    }
    setText(figure('cost'), moneyText(current.cost_usd));
    setText(figure('tokens'), runTokensText(current));
    const tokens = timeline.contextTokens ?? current.context_tokens;
    setText(figure('context'), contextText(tokens, current.context_window));
  };

  const countSteps = () => timeline.attempts.reduce((sum, { steps }) => sum + steps.length, 0);

  const onEvent = ({ name, id: seq, data }: StreamEvent) => {
    if (name === 'run' && isRun(data)) {
      run = data;
    } else if (name === 'end') {
      end();
      setTimeout(() => isLeaving || location.reload(), RELOAD_MS);
      return;
    } else if (name === 'message' && isRecord(data)) {
      const attempt = typeof data.attempt === 'number' ? data.attempt : 1;
      if (countSteps() < MOST_STEPS) addEvent(timeline, { seq: Number(seq), attempt, event: data });
      else if (chosen !== null) setText(document.querySelector('[data-stream]'), MORE);
      else if (performance.now() > LEAST_STAY_MS && !isLeaving) location.assign(location.pathname);
    }
    drawSoon();
  };

  const end = followStream({
    path: `/api/v1/runs/${encodeURIComponent(id)}/events`,
    after: String(before),
    names: ['run', 'end'],
    onEvent,
    onState: (state) => setText(document.querySelector('[data-stream]'), STATES[state]),
  });
  // Loading anew would end the way to another page that was just begun.
  addEventListener('beforeunload', () => {
    isLeaving = true;
  });
  // The seconds of what goes on.
  setInterval(drawSoon, TICK_MS);
}

const place = document.querySelector<HTMLElement>('[data-live-run]');
if (place?.dataset.liveRun) follow(place, place.dataset.liveRun);
