/**
 * What moves on the page of the first run: the name of a new agent is checked as it is typed, and the steps follow what
 * happens. Nothing that somebody types in is ever replaced.
 */
import './check-name.ts';

const AGAIN_AFTER_MS = 5000;

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

/** One stream for the page. It is opened anew where the browser gives it up, as after a restart of the server. */
function follow(url: string): void {
  const stream = new EventSource(url);
  const look = () => void refresh().catch(() => undefined);
  stream.addEventListener('message', look);
  stream.addEventListener('end', () => {
    stream.close();
    look();
  });
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => follow(url), AGAIN_AFTER_MS);
  });
}

const steps = document.querySelector<HTMLElement>('[data-events]');
if (steps?.dataset.events) follow(steps.dataset.events);
