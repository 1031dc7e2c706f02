/** A text that the model is writing, handed on in parts: a reader sees it grow, and the file of events stays small. */

/** How long the letters of a text are gathered before they are handed on, ms. A text that is whole sooner has no parts. */
const EVERY_MS = 400;

export interface TextParts {
  /** More of the text that is being written. */
  add(text: string): void;
  /** It is whole, or given up: nothing more of it is handed on, and the next one begins. */
  end(): void;
}

/** Hands on at most so many characters of each text. */
export function textParts(maxCharacters: number, handOn: (part: string) => void): TextParts {
  let gathered = '';
  let left = maxCharacters;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const part = gathered.slice(0, left);
    gathered = '';
    left -= part.length;
    if (part !== '') handOn(part);
  };
  return {
    add(text) {
      if (left === 0) return;
      gathered += text;
      timer ??= setTimeout(flush, EVERY_MS).unref();
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
      gathered = '';
      left = maxCharacters;
    },
  };
}
