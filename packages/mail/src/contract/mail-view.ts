/** A mail as a person looks at it: its headers, text, parts and HTML, taken apart and made harmless. */

/** One header field, in its place. */
export interface ViewedHeader {
  /** As the message writes it. */
  name: string;
  /** Unfolded and decoded, without control characters. */
  value: string;
}

/** A multipart, or one part within it. Nothing that the sender says of it is trusted. */
export interface ViewedPart {
  /** Counts the parts that are no multiparts, from 1; null for a multipart. */
  number: number | null;
  /** How many multiparts are around it. */
  depth: number;
  /** As it is declared, in lower case. */
  type: string;
  /** The name that it would be stored under; null for a multipart, and where the sender gave none. */
  filename: string | null;
  /** `attachment`, `inline` or what else is declared, in lower case; empty for nothing. */
  disposition: string;
  /** Decoded; null for a multipart. */
  bytes: number | null;
}

/** What can be read of a mail without showing its HTML. */
export interface MailView {
  headers: ViewedHeader[];
  /** There are more headers, or longer ones, than these. */
  headersCut: boolean;
  /** All text as a reader sees it: plain text where the sender gave some, else that of the HTML. */
  text: string;
  textCut: boolean;
  /** Every multipart stands before its parts. */
  parts: ViewedPart[];
  partsCut: boolean;
}

/** The body of a mail as HTML that fetches and runs nothing. */
export interface MailHtml {
  /** What goes into `<body>`: elements and attributes of an allow-list, pictures as `data:`. */
  html: string;
  /** The sender's own HTML; false where it was made of plain text. */
  own: boolean;
  /** Pictures that would have to be fetched, or are too many or too large. */
  picturesLeftOut: number;
  /** There is more of it than is shown. */
  cut: boolean;
}

/** The content of one part, decoded. */
export interface MailPart {
  /** Safe for a file; made up where the sender gave none. */
  filename: string;
  content: Uint8Array;
}

/**
 * One of these, or why there is none. `code` is `no_such_part`, or as of `ReadMail`; `interrupted` is worth another try.
 */
export type Viewed<Answer> = { ok: true; answer: Answer } | { ok: false; code: string; reason: string };

/** The calls of `MailWorkers` for somebody who looks at a mail. */
export interface MailViewer {
  /** Headers, text and the tree of parts of one raw message. */
  view(raw: Uint8Array): Promise<Viewed<MailView>>;
  /** Its body as harmless HTML. */
  viewHtml(raw: Uint8Array): Promise<Viewed<MailHtml>>;
  /** The part of that number, as `view` counts them. */
  viewPart(raw: Uint8Array, number: number): Promise<Viewed<MailPart>>;
}
