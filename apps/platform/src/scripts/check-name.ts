/** The name of a new agent is checked as it is typed; what is typed stays, and the form checks it again. */

const CHECK_AFTER_MS = 250;

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
      // A later one has been asked meanwhile.
      if (own !== asked) return;
      // What stood there was of another name; the form says what is wrong with this one.
      if (!answer.ok) return say('', 'quiet');
      const { address, reason }: NameAnswer = await answer.json();
      if (address === null) say(reason ?? '', 'bad');
      else say(`${address} is free.`, 'good');
    } catch {
      // Without an answer the form still checks the name.
      if (own === asked) say('', 'quiet');
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_AFTER_MS);
  });
  // What was typed while the script was on its way, or before a form that was refused.
  void check();
}

const input = document.querySelector<HTMLInputElement>('input[data-check-name]');
const said = document.getElementById('name-said');
if (input && said) checkNames(input, said);

export {};
