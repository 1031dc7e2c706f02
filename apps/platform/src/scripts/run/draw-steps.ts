/** Draws steps into the list that the server has rendered, with text nodes only: what stands in them is a stranger's. */
import { barOf, lineOf, tookText } from '../../dashboard/runs/step-text.ts';
import type { Attempt, Step, Timeline } from '../../dashboard/runs/timeline.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Sets a text where it differs, so that nothing flickers and a selection stays. */
export function setText(element: Element | null | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Makes the list say what the timeline says at `now` (epoch ms); `hrefOf` gives the address of a step. */
export function drawSteps(
  list: Element,
  timeline: Timeline,
  { now, shown, hrefOf }: { now: number; shown: Step | undefined; hrefOf(key: number): string },
): void {
  for (const attempt of timeline.attempts) {
    const section = sectionOf(list, attempt);
    const heading = section.querySelector('h3');
    if (heading) heading.hidden = timeline.attempts.length === 1 && attempt.number === 1;
    const steps = section.querySelector('ol');
    if (!steps) continue;
    for (const step of attempt.steps)
      drawStep(rowOf(steps, step, hrefOf), step, attempt, now, step === shown);
  }
}

function sectionOf(list: Element, { number }: Attempt): Element {
  const known = list.querySelector(`section[data-attempt="${number}"]`);
  if (known) return known;
  const section = document.createElement('section');
  section.dataset.attempt = String(number);
  const heading = document.createElement('h3');
  heading.textContent = `Attempt ${number}`;
  const steps = document.createElement('ol');
  steps.className = 'steps';
  section.append(heading, steps);
  list.append(section);
  return section;
}

function rowOf(steps: Element, { key, kind }: Step, hrefOf: (key: number) => string): Element {
  const known = steps.querySelector(`li[data-step="${key}"]`);
  if (known) return known;
  const row = document.createElement('li');
  row.dataset.step = String(key);
  row.dataset.kind = kind;
  const link = document.createElement('a');
  link.href = hrefOf(key);
  const part = (name: string, className: string) => {
    const made = document.createElement(name);
    if (className !== '') made.className = className;
    return made;
  };
  const bar = document.createElementNS(SVG, 'svg');
  bar.setAttribute('class', 'bar');
  bar.setAttribute('viewBox', '0 0 1000 6');
  bar.setAttribute('preserveAspectRatio', 'none');
  bar.setAttribute('aria-hidden', 'true');
  const rect = document.createElementNS(SVG, 'rect');
  rect.setAttribute('height', '6');
  bar.append(rect);
  link.append(part('strong', ''), part('span', 'took'), part('span', 'line'), bar);
  row.append(link);
  steps.append(row);
  return row;
}

function drawStep(row: Element, step: Step, attempt: Attempt, now: number, isShown: boolean): void {
  row.toggleAttribute('data-failed', step.failed);
  const link = row.querySelector('a');
  if (isShown) link?.setAttribute('aria-current', 'true');
  else link?.removeAttribute('aria-current');
  setText(row.querySelector('strong'), step.title);
  setText(row.querySelector('.took'), tookText(step, now));
  setText(row.querySelector('.line'), lineOf(step));
  const { from, width } = barOf(step, attempt, now);
  const rect = row.querySelector('rect');
  rect?.setAttribute('x', String(from));
  rect?.setAttribute('width', String(width));
}
