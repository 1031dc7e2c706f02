/**
 * What moves on the page of the first run: the name of a new agent is checked as it is typed, and the steps follow what
 * happens. Nothing that somebody types in is ever replaced.
 */

const CHECK_AFTER_MS = 250;
const AGAIN_AFTER_MS = 5000;

interface NameAnswer {
  address: string | null;
  reason: string | null;
}

function checkNames(input: HTMLInputElement, said: HTMLElement): void {
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string, tone: 'good' | 'bad' | 'quiet') => {
    said.textContent = text;
    said.dataset.tone = tone;
  };
  const check = async () => {
    const name = input.value.trim();
    const own = ++asked;
    if (name === '') return say('', 'quiet');
    try {
      const answer = await fetch(`/api/v1/agent-names/${encodeURIComponent(name)}`);
      // A later one has been asked meanwhile, or the form says it itself.
      if (own !== asked || !answer.ok) return;
      const { address, reason }: NameAnswer = await answer.json();
      if (address === null) say(reason ?? '', 'bad');
      else say(`${address} is free.`, 'good');
    } catch {
      // Without an answer the form still checks the name.
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_AFTER_MS);
  });
}

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

const input = document.querySelector<HTMLInputElement>('input[data-check-name]');
const said = document.getElementById('name-said');
if (input && said) checkNames(input, said);
const steps = document.querySelector<HTMLElement>('[data-events]');
if (steps?.dataset.events) follow(steps.dataset.events);
