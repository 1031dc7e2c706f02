/** Shells that there is a completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Whether the word names one of them. */
export function isShell(word: string): word is Shell {
  return SHELLS.some((shell) => shell === word);
}
