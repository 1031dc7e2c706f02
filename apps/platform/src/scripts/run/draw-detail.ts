/** Draws the step that is read into the card that the server has rendered, with text nodes only. */
import {
  cutText,
  isFolded,
  outputHref,
  summaryOf,
  tookText,
  usedText,
} from '../../dashboard/runs/step-text.ts';
import type { Step } from '../../dashboard/runs/timeline.ts';
import { setText } from './draw-steps.ts';

/** Makes the card say what the step says at `now` (epoch ms). What its reader has folded or unfolded stays so. */
export function drawDetail(card: HTMLElement, step: Step, now: number): void {
  const part = (name: string) => card.querySelector<HTMLElement>(`[data-part="${name}"]`);
  const isOther = card.dataset.detail !== String(step.key);
  card.dataset.detail = String(step.key);
  setText(part('title'), step.title);
  setText(part('facts'), [tookText(step, now), usedText(step)].filter((text) => text).join(' · '));
  show(part('input'), step.input);
  const output = part('output');
  if (output) output.hidden = step.text === '';
  if (isOther && output instanceof HTMLDetailsElement) output.open = !isFolded(step);
  setText(part('summary'), summaryOf(step));
  setText(part('text'), step.text);
  const cut = cutText(step);
  setText(part('cut-text'), cut ?? '');
  const cutLine = part('cut');
  if (cutLine) cutLine.hidden = cut === null;
  const whole = part('whole');
  if (whole) whole.hidden = step.kind !== 'tool';
  if (whole instanceof HTMLAnchorElement) whole.href = outputHref(card.dataset.run ?? '', step.key);
  const session = part('session');
  if (session) session.hidden = step.kind === 'tool';
}

function show(element: HTMLElement | null, text: string): void {
  setText(element, text);
  if (element) element.hidden = text === '';
}
