/**
 * What a reader of the HTML sees, as lines: quotes with their marks, rows of tables on lines and their cells apart. Hidden
 * text is left out. Quotes are known by how mail programs write them into a reply; any other blockquote is a citation
 * of the sender's.
 */
import { type Declarations, namesOf, StyleSheet } from './css-rules.ts';
import { type Attributes, voids, walkHtml } from './html-walk.ts';
import { contentIdOfUrl } from './inline-images.ts';
import { LineWriter } from './line-writer.ts';
import type { MailLine } from './mail-line.ts';
import { quoteOf } from './quote-elements.ts';
import { isSeen, rootStyle, type Style, styleOf } from './visibility.ts';

export interface HtmlLines {
  lines: MailLine[];
  /** Text with letters or digits was left out because no reader sees it. */
  hidden: boolean;
  /** Characters of what is seen were left out because there are too many. */
  cut: boolean;
}

interface Frame {
  name: string;
  style: Style;
  names: ReadonlySet<string>;
  /** What to do when it ends. */
  end: (() => void)[];
}

/** Elements with lines of their own, and how many blank lines are around them. */
const blocks = new Map<string, number>([
  ...'address article aside body center details dialog dd div dl dt fieldset figcaption figure footer form header hgroup html legend li main menu nav optgroup option section summary table tbody tfoot thead tr td th caption dir'
    .split(' ')
    .map((name): [string, number] => [name, 0]),
  ...'blockquote h1 h2 h3 h4 h5 h6 p pre ul ol'.split(' ').map((name): [string, number] => [name, 1]),
]);

/**
 * The lines of an HTML body. Throws StylesTooComplex where the style sheets are made to cost.
 *
 * @param images - file names of inline images by Content-ID
 * @param limit - most characters of text
 */
export function htmlLines(html: string, images: ReadonlyMap<string, string>, limit: number): HtmlLines {
  const reader = new HtmlReader(new StyleSheet(styleSheetsOf(html)), images, new LineWriter(limit));
  walkHtml(html, reader);
  return reader.result();
}

function styleSheetsOf(html: string): string {
  if (!/<style/i.test(html)) return '';
  const sheets: string[] = [];
  walkHtml(html, {
    open: () => undefined,
    close: () => undefined,
    text: (text, inside) => inside === 'style' && sheets.push(text),
  });
  return sheets.join('');
}

const noNames: ReadonlySet<string> = new Set();

class HtmlReader {
  private readonly frames: Frame[] = [];
  /** How many open elements have each name, class and id. */
  private readonly above = new Map<string, number>();
  private hidden = false;

  private readonly sheet: StyleSheet;
  private readonly images: ReadonlyMap<string, string>;
  private readonly writer: LineWriter;

  constructor(sheet: StyleSheet, images: ReadonlyMap<string, string>, writer: LineWriter) {
    this.sheet = sheet;
    this.images = images;
    this.writer = writer;
  }

  result(): HtmlLines {
    const { lines, cut } = this.writer.finish();
    return { lines, hidden: this.hidden, cut };
  }

  open(name: string, attributes: Attributes): void {
    const css = this.sheet.declarations(name, attributes, (above) => (this.above.get(above) ?? 0) > 0);
    const style = styleOf(this.frames.at(-1)?.style ?? rootStyle, name, attributes, css);
    if (voids.has(name)) {
      this.openVoid(name, attributes, style);
      return;
    }
    const names = this.sheet.rules === 0 ? noNames : namesOf(name, attributes);
    for (const each of names) this.above.set(each, (this.above.get(each) ?? 0) + 1);
    const end: Frame['end'] = [];
    this.frames.push({ name, style, names, end });
    if (style.gone === null) this.begin(name, attributes, css, style, end);
  }

  close(): void {
    const frame = this.frames.pop();
    if (frame === undefined) return;
    for (const each of frame.names) this.above.set(each, (this.above.get(each) ?? 1) - 1);
    for (const end of frame.end.reverse()) end();
  }

  text(text: string): void {
    const style = this.frames.at(-1)?.style ?? rootStyle;
    if (isSeen(style)) this.writer.text(text, style.preformatted);
    else if (style.gone !== 'element' && /[\p{L}\p{N}]/u.test(text)) this.hidden = true;
  }

  private openVoid(name: string, attributes: Attributes, style: Style): void {
    if (style.gone !== null) return;
    if (name === 'br') this.writer.lineBreak();
    else if (name === 'hr') this.writer.rule();
    else if (name === 'img' && isSeen({ ...style, color: null })) this.image(attributes);
  }

  private begin(
    name: string,
    attributes: Attributes,
    css: Declarations,
    style: Style,
    end: Frame['end'],
  ): void {
    const { writer } = this;
    const blank =
      blocks.get(name) ?? (/^(?:block|flex|grid|table|list-item)/.test(css.get('display') ?? '') ? 0 : null);
    if (blank !== null) {
      writer.block(blank);
      end.push(() => writer.block(blank));
      if (isTopBorder(css)) writer.raiseNext();
    }
    if (name === 'b' || name === 'strong') writer.raiseHere();
    const quote = quoteOf(name, attributes);
    if (quote !== null) end.push(writer.enter(quote));
    if (name === 'table')
      end.push(writer.table(attributes.has('border') && attributes.get('border') !== '0'));
    if (name === 'tr') end.push(writer.row());
    if (name === 'td' || name === 'th') end.push(writer.cell(name === 'th'));
    if (name === 'ul' || name === 'ol') end.push(writer.list(name === 'ol'));
    if (name === 'li') end.push(writer.item());
    const address = name === 'a' ? linkOf(attributes.get('href') ?? '') : null;
    if (address !== null && isSeen(style)) end.push(writer.link(address));
  }

  /** An inline image by its file's name, an emoji by its character. */
  private image(attributes: Attributes): void {
    const name = this.images.get(contentIdOfUrl(attributes.get('src') ?? '') ?? '');
    const emoji = emojiOf(attributes);
    if (emoji !== null) this.writer.text(emoji, false);
    else if (name !== undefined) this.writer.text(` [image: ${name}] `, false);
  }
}

/** Outlook draws a rule above the header of the message that is answered. */
function isTopBorder(css: Declarations): boolean {
  return /(?:solid|double|groove|ridge|dashed|dotted)/.test(css.get('border-top') ?? '');
}

/** What Gmail, Outlook and others write as the `alt` of an emoji's image. */
function emojiOf(attributes: Attributes): string | null {
  const alt = (attributes.get('data-emoji') ?? attributes.get('alt') ?? '').trim();
  if (alt === '' || alt.length > 32) return null;
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(alt) && !/\p{L}/u.test(alt)
    ? alt
    : null;
}

/** Addresses that are worth showing. */
function linkOf(href: string): string | null {
  const address = href.trim();
  return /^(?:https?|mailto|ftp|tel):/i.test(address) && address.length <= 2_000 ? address : null;
}
