/** The footer that the host puts below an agent's answer. */

/** The text part of an answer without its footer, and that footer; null where its end is none. */
export function splitFooter(text: string): { body: string; footer: string | null } {
  const [all = '', footer] = /\n\n---\n(\[[^\n]*\])$/.exec(text) ?? [];
  return footer === undefined
    ? { body: text, footer: null }
    : { body: text.slice(0, text.length - all.length), footer };
}
