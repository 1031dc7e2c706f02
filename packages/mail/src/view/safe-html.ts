/**
 * HTML of a stranger written anew: elements and attributes of an allow-list, every text and value escaped by us, every
 * element closed. Nothing that comes out fetches, runs, sends or frames anything; links lead to the web or to mail, and
 * open in a window of their own that knows nothing of this one.
 */
import { escapeHtml } from '../compose/escape-html.ts';
import { type Attributes, voids, walkHtml } from '../read/html-walk.ts';
import type { Pictures } from './pictures.ts';
import { safeAttributes } from './safe-attributes.ts';
import { safeLink } from './safe-link.ts';

/** Characters that are written, elements in all, and elements within one another. */
export const htmlLimits = { characters: 3_000_000, elements: 30_000, depth: 200 };

/** No start tag has so many characters, with what its attributes may hold. */
const longestTag = 65_536;

const set = (list: string) => new Set(list.split(' '));
const allowed = set(
  'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i ins kbd li main mark nav ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr',
);
/** Left out with all that is in them; of any other element that is not allowed, only its tags are. */
const dropped = set(
  'script style title template iframe object applet svg math xmp noembed noframes plaintext textarea select datalist audio video canvas frameset map portal fencedframe',
);

/** What was written; `cut` where there is more. `characters` does not count pictures, which have a limit of their own. */
export interface WrittenHtml {
  html: string;
  characters: number;
  cut: boolean;
}

/** The HTML in at most so many characters, end tags and pictures aside. */
export function safeHtml(html: string, pictures: Pictures, most: number): WrittenHtml {
  const writer = new SafeWriter(pictures, most);
  walkHtml(html, writer);
  return writer.result();
}

class SafeWriter {
  private cut = false;
  private readonly pieces: string[] = [];
  private characters = 0;
  private elements = 0;
  private depth = 0;
  /** For each element that is open, the end tag that it was given; empty for none. */
  private readonly ends: string[] = [];
  /** How many dropped elements are open. */
  private within = 0;
  private readonly pictures: Pictures;
  private readonly most: number;

  constructor(pictures: Pictures, most: number) {
    this.pictures = pictures;
    this.most = most;
  }

  result(): WrittenHtml {
    return { html: this.pieces.join(''), characters: this.characters, cut: this.cut };
  }

  open(name: string, attributes: Attributes): void {
    const isVoid = voids.has(name);
    if (dropped.has(name)) this.within += 1;
    const tag = this.within > 0 ? null : this.tagOf(name, attributes);
    if (!isVoid) this.ends.push(tag === null ? '' : `</${tag.name}>`);
    if (tag === null) return;
    this.elements += 1;
    if (!isVoid) this.depth += 1;
    this.write(tag.text);
  }

  close(name: string): void {
    const end = this.ends.pop() ?? '';
    if (dropped.has(name)) this.within -= 1;
    if (end === '') return;
    this.depth -= 1;
    // Also beyond the limit: what is open is closed.
    this.pieces.push(end);
  }

  text(text: string): void {
    if (this.within === 0) this.write(escapeHtml(text.replaceAll('\0', '').toWellFormed()));
  }

  private write(text: string): void {
    this.cut ||= this.characters + text.length > this.most;
    if (this.cut) return;
    this.characters += text.length;
    this.pieces.push(text);
  }

  /** The start tag that is written for an element; null for none. */
  private tagOf(name: string, attributes: Attributes): { name: string; text: string } | null {
    // Nothing is opened that could not be written: its end tag would stand alone.
    this.cut ||= this.characters + longestTag > this.most || this.elements >= htmlLimits.elements;
    if (this.cut || this.depth >= htmlLimits.depth) return null;
    if (name === 'img') return this.picture(attributes);
    if (attributes.has('background')) this.pictures.leftOut += 1;
    // What the sender gave the page goes to a box around it.
    const shown = name === 'body' ? 'div' : name;
    if (!allowed.has(shown)) return null;
    const link = name === 'a' ? linkAttributes(attributes) : '';
    return { name: shown, text: `<${shown}${safeAttributes(attributes)}${link}>` };
  }

  /** A picture, or the words that stand for it. */
  private picture(attributes: Attributes): { name: string; text: string } | null {
    const alt = (attributes.get('alt') ?? '').trim().slice(0, 200);
    const url = this.pictures.url(attributes.get('src') ?? '');
    if (url === null) {
      if (alt !== '') this.write(`<span class="left-out">${escapeHtml(alt.toWellFormed())}</span>`);
      return null;
    }
    // It has a limit of its own, so it does not count as text.
    this.pieces.push(
      `<img${safeAttributes(attributes)} src="${url}" alt="${escapeHtml(alt.toWellFormed())}">`,
    );
    return null;
  }
}

function linkAttributes(attributes: Attributes): string {
  const url = safeLink(attributes.get('href') ?? '');
  if (url === null) return '';
  const href = escapeHtml(url);
  return ` href="${href}" title="${href}" target="_blank" rel="noopener noreferrer nofollow"`;
}
