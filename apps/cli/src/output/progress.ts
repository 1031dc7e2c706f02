/** How far a long command is, on standard error: one line that changes on a terminal, else a line now and then. */

interface ProgressOutput {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Ms between two lines. */
const TERMINAL_EVERY = 100;
const OTHER_EVERY = 5000;

/** `show` is called as often as there is news; `end` leaves the terminal at the beginning of a line. */
export function progress(output: ProgressOutput, clock: () => number = Date.now) {
  const isTerminal = output.isTTY === true;
  const every = isTerminal ? TERMINAL_EVERY : OTHER_EVERY;
  let shownAt = clock();
  let isOpen = false;
  return {
    /** `now`: also where the last line was just written. */
    show(text: string, now = false) {
      if (!now && clock() - shownAt < every) return;
      shownAt = clock();
      output.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
      isOpen = isTerminal;
    },
    end() {
      if (isOpen) output.write('\r\u001b[K');
      isOpen = false;
    },
  };
}
