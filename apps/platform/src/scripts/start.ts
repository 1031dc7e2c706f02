/**
 * What moves on the page of the first run: the name of a new agent is checked as it is typed, and the steps follow what
 * happens. Nothing that somebody types in is ever replaced.
 */
import './check-name.ts';
import { followStream } from './event-stream.ts';

/** Takes over what is marked to follow from the page as it is now. */
async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const element of document.querySelectorAll<HTMLElement>('[data-follow]')) {
    const next = now.getElementById(element.id);
    if (!next) continue;
    if (element.dataset.follow === 'state') {
      if (next.dataset.state !== undefined) element.dataset.state = next.dataset.state;
    } else if (element.textContent !== next.textContent) element.replaceChildren(...next.childNodes);
  }
}

/** One stream for the page, through sleep and restarts. */
function follow(path: string): void {
  const look = () => void refresh().catch(() => undefined);
  const end = followStream({
    path,
    after: '',
    names: ['end'],
    onEvent({ name }) {
      if (name === 'end') end();
      if (name !== 'alive') look();
    },
    onState(state) {
      const said = document.getElementById('live-said');
      if (said) said.hidden = state !== 'refused';
    },
  });
}

const steps = document.querySelector<HTMLElement>('[data-events]');
if (steps?.dataset.events) follow(steps.dataset.events);
