/** Makes lines of text out of what an HTML reader sees: blocks, lists, tables, quotes, links. */
import { type LineMark, lineLimit, type MailLine } from './mail-line.ts';
import type { QuoteElement } from './quote-elements.ts';

/** Ends what a method has begun. */
type End = () => void;

interface Line {
  body: string;
  depth: number;
  mark: LineMark | undefined;
  raised: boolean;
}

interface Row {
  /** The first line of the row. */
  start: number;
  /** A blank line is wanted above it. */
  blank: boolean;
  /** How many lines each cell has. */
  cells: number[];
}

/** Most quote marks and list indents that a line shows. */
const mostMarks = 20;
const mostIndents = 8;
const separator = ' | ';

export class LineWriter {
  private readonly lines: Line[] = [];
  private current = '';
  /** The last character of `current`: to look at the whole each time would copy it each time. */
  private last = '';
  private ink = false;
  /** The first words of the link that was opened last. */
  private linkText = '';
  private written = 0;
  private cut = false;
  private blank = false;
  private raised = false;
  private depth = 0;
  private citations = 0;
  private attributions = 0;
  private rest = false;
  /** Containers whose quote has not begun, innermost last. */
  private readonly containers: { before: boolean }[] = [];
  private readonly lists: { ordered: boolean; items: number }[] = [];
  private readonly tables: { ruled: boolean }[] = [];
  private readonly rows: Row[] = [];
  private bullet: string | null = null;
  private readonly limit: number;

  /** @param limit - most characters */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** The lines, and whether some text found no room. */
  finish(): { lines: MailLine[]; cut: boolean } {
    this.flush();
    return { lines: this.lines.map(shown), cut: this.cut };
  }

  text(text: string, preformatted: boolean): void {
    const room = this.limit - this.written;
    if (text.length > room) this.cut = true;
    const fitting = text.slice(0, Math.max(0, room));
    if (preformatted) {
      for (const [at, line] of fitting.split(/\r\n|\r|\n/).entries()) {
        if (at > 0) this.lineBreak();
        this.append(line);
      }
      return;
    }
    const collapsed = fitting.replace(/[ \t\r\n\f]+/g, ' ');
    const atBlank = this.last === '' || this.last === ' ';
    this.append(atBlank && collapsed.startsWith(' ') ? collapsed.slice(1) : collapsed);
  }

  lineBreak(): void {
    if (this.ink) this.flush();
    else this.blank = this.lines.length > 0;
  }

  rule(): void {
    this.flush();
    this.append('---');
    this.flush();
  }

  /** A block begins or ends here, with so many blank lines. */
  block(blank: number): void {
    this.flush();
    if (blank > 0) this.blank = this.lines.length > 0;
  }

  /** The next line stands directly beneath a rule. */
  raiseNext(): void {
    this.raised = true;
  }

  /** Bold letters begin. */
  raiseHere(): void {
    if (!this.ink) this.raised = true;
  }

  enter(quote: QuoteElement): End {
    this.flush();
    if (quote === 'rest') {
      this.rest = true;
      return () => this.flush();
    }
    if (quote === 'container') {
      this.containers.push({ before: true });
      return () => {
        this.flush();
        this.containers.pop();
      };
    }
    if (quote === 'attribution') {
      this.attributions += 1;
      return () => {
        this.flush();
        this.attributions -= 1;
      };
    }
    const container = this.containers.at(-1);
    if (container !== undefined) container.before = false;
    this.depth += 1;
    this.citations += quote === 'citation' ? 1 : 0;
    return () => {
      this.flush();
      this.depth -= 1;
      this.citations -= quote === 'citation' ? 1 : 0;
    };
  }

  /** @param ruled - its cells have borders, so an empty one is a value */
  table(ruled: boolean): End {
    this.tables.push({ ruled });
    return () => {
      this.tables.pop();
    };
  }

  row(): End {
    this.flush();
    const row: Row = { start: this.lines.length, blank: this.blank, cells: [] };
    this.rows.push(row);
    return () => {
      this.flush();
      this.rows.pop();
      this.joinCells(row);
    };
  }

  cell(head: boolean): End {
    this.flush();
    const table = this.tables.at(-1);
    if (head && table !== undefined) table.ruled = true;
    const row = this.rows.at(-1);
    const start = this.lines.length;
    return () => {
      this.flush();
      row?.cells.push(this.lines.length - start);
    };
  }

  list(ordered: boolean): End {
    this.lists.push({ ordered, items: 0 });
    return () => {
      this.lists.pop();
    };
  }

  item(): End {
    this.flush();
    const list = this.lists.at(-1);
    if (list !== undefined) list.items += 1;
    this.bullet = list?.ordered ? `${list.items}. ` : '* ';
    return () => {
      this.flush();
      this.bullet = null;
    };
  }

  /** Behind the text of a link stands its address, where it is another. */
  link(address: string): End {
    this.linkText = '';
    return () => {
      const text = this.linkText.trim();
      this.linkText = '';
      if (bare(text) !== bare(address)) this.text(`${text === '' ? '' : ' '}[${address}]`, false);
    };
  }

  private append(text: string): void {
    if (text === '') return;
    this.current += text;
    this.last = text.slice(-1);
    if (this.linkText.length < 2 * lineLimit) this.linkText += text.slice(0, 2 * lineLimit);
    this.ink ||= /\S/.test(text);
    this.written += text.length;
  }

  private flush(): void {
    const body = this.current.replaceAll('\u00a0', ' ').trimEnd();
    this.current = '';
    this.last = '';
    this.ink = false;
    if (body.trim() === '') return;
    const before = this.lines.at(-1);
    if (this.blank && before !== undefined) {
      const depth = Math.min(before.depth, this.depth);
      const mark = before.mark === this.mark() ? before.mark : undefined;
      this.lines.push({ body: '', depth, mark, raised: false });
    }
    const indent = '  '.repeat(
      Math.min(mostIndents, Math.max(0, this.lists.length - (this.bullet === null ? 0 : 1))),
    );
    this.lines.push({
      body: `${indent}${this.bullet ?? ''}${body}`,
      depth: this.depth,
      mark: this.mark(),
      raised: this.raised,
    });
    this.blank = false;
    this.raised = false;
    this.bullet = null;
  }

  private mark(): LineMark | undefined {
    if (this.rest) return 'rest';
    if (this.attributions > 0 || this.containers.at(-1)?.before === true) return 'quote';
    return this.citations > 0 && this.citations === this.depth ? 'citation' : undefined;
  }

  /** A row whose cells have a line each is one line. */
  private joinCells({ start, blank, cells }: Row): void {
    if (cells.length < 2 || cells.some((lines) => lines > 2)) return;
    const lines = this.lines.slice(start);
    const filled = lines.filter(({ body }) => body !== '');
    const [first] = filled;
    if (first === undefined || filled.length < 2 || filled.length > cells.filter((count) => count > 0).length)
      return;
    if (filled.some(({ depth, mark }) => depth !== first.depth || mark !== first.mark)) return;
    let next = 0;
    const values = cells.map((count) => (count === 0 ? '' : (filled[next++]?.body.trim() ?? '')));
    const ruled = this.tables.at(-1)?.ruled === true;
    const body = (ruled ? values : values.filter((value) => value !== '')).join(separator);
    this.lines.length = blank && lines[0]?.body === '' ? start + 1 : start;
    this.blank = false;
    this.lines.push({ ...first, body: body.trimEnd() });
  }
}

function shown({ body, depth, mark, raised }: Line): MailLine {
  const marks = depth === 0 ? '' : `${'>'.repeat(Math.min(mostMarks, depth))}${body === '' ? '' : ' '}`;
  const line: MailLine = { text: marks + body, bare: body.slice(0, lineLimit), depth };
  if (mark !== undefined) line.mark = mark;
  if (raised) line.raised = true;
  return line;
}

/** An address without what people leave out. */
function bare(address: string): string {
  return address
    .replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
    .replace(/\/$/, '')
    .toLowerCase();
}
