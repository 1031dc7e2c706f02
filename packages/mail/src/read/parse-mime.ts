/**
 * postal-mime with a bound on text. As it comes, the parser renders every text part as HTML and every HTML
 * part as text, which turns 25 MB of `<` into more than a gigabyte of strings; and a thread that runs out of
 * memory within one large allocation takes the whole process with it, limits or not. So the text parts
 * are taken over here as they are found, only as much of them as can be shown, and nothing is left for
 * the parser to render.
 */
import PostalMime, { type Email } from 'postal-mime';
import { headerBlock } from '../inspect/header-block.ts';

/** The representations of one body: the parts of one multipart/alternative, or a part on its own. */
export interface BodyPart {
  plain: string;
  html: string;
}

export interface ParsedMime {
  email: Email;
  /** In order of appearance. */
  bodies: BodyPart[];
  /** Characters of all text/plain parts before anything was cut. */
  plainLength: number;
  htmlLength: number;
}

/** How much of the text and of the HTML of one mail is kept, UTF-16 units. */
export const keptText = { plain: 1_000_000, html: 1_000_000 };

/** Rejects where the message is nested deeper, or has more header bytes, than any mail program makes. */
export async function parseMime(raw: Uint8Array): Promise<ParsedMime> {
  const parser = new TextTakingParser({
    forceRfc822Attachments: true,
    maxNestingDepth: 50,
    maxHeadersSize: 1024 * 1024,
  });
  const email = await parser.parse(raw);
  if (parser.bodies.size === 0 && email.attachments.length === 0) {
    parser.addTextEntry(null, 'plain', { value: undividedText(raw) });
  }
  const { plain, html } = parser.lengths;
  return { email, bodies: [...parser.bodies.values()], plainLength: plain, htmlLength: html };
}

/** The body as it came: what there is of a multipart message in which no boundary was found. */
function undividedText(raw: Uint8Array): string {
  const start = headerBlock(raw).length;
  return new TextDecoder().decode(raw.subarray(start, start + 4 * keptText.plain));
}

class TextTakingParser extends PostalMime {
  readonly bodies = new Map<unknown, BodyPart>();
  readonly lengths = { plain: 0, html: 0 };

  /** Called by postal-mime 4 for each text part, with the part's alternative or itself as `selector`. */
  addTextEntry(selector: unknown, kind: 'plain' | 'html', entry: { value: unknown }): void {
    const text = typeof entry.value === 'string' ? entry.value : '';
    const kept = text.slice(0, Math.max(0, keptText[kind] - this.lengths[kind]));
    this.lengths[kind] += text.length;
    const body = this.bodies.get(selector) ?? { plain: '', html: '' };
    body[kind] += body[kind] === '' ? kept : `\n${kept}`;
    this.bodies.set(selector, body);
  }
}
