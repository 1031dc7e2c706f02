/** How our own mails look: the colours and fonts of the pages, under the names that their stylesheet has for them. */

/** Colours of one scheme; all are opaque. */
export interface MailColors {
  paper: string;
  card: string;
  ink: string;
  muted: string;
  line: string;
  stamp: string;
  stampInk: string;
  action: string;
  onAction: string;
  quietWash: string;
}

/** Where nothing is said of a scheme, or a program drops the style sheet. */
export const LIGHT: MailColors = {
  paper: '#f1f2ef',
  card: '#ffffff',
  ink: '#1b1d22',
  muted: '#575c66',
  line: '#d5d8d3',
  stamp: '#ffcd1c',
  stampInk: '#1b1d22',
  action: '#1b1d22',
  onAction: '#ffffff',
  quietWash: '#eceeeb',
};

/** For readers whose scheme is dark. */
export const DARK: MailColors = {
  paper: '#131518',
  card: '#1c1f24',
  ink: '#ecebe6',
  muted: '#a6abb5',
  line: '#343941',
  stamp: '#ffcd1c',
  stampInk: '#1b1d22',
  action: '#ffcd1c',
  onAction: '#1b1d22',
  quietWash: '#2a2e35',
};

/** Fonts that are there already; single quotes, because they stand in `style="…"`. */
export const FONTS = {
  text: "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif",
  mono: "ui-monospace,'SF Mono','Cascadia Mono','Roboto Mono','Liberation Mono','DejaVu Sans Mono',monospace",
} as const;
