/** Whether a reader of the HTML sees a text: the style of each element, inherited as CSS has it. */
import { type Color, contrast, parseColor, parseOldColor } from './css-colors.ts';
import type { Declarations } from './css-rules.ts';
import type { Attributes } from './html-walk.ts';

export interface Style {
  /** Not shown at all, with everything in it: `style` by CSS or an attribute, `element` by what it is. */
  gone: 'style' | 'element' | null;
  invisible: boolean;
  opacity: number;
  /** Pixels. */
  fontSize: number;
  /** Null where it can't be told. */
  color: Color | null;
  background: Color | null;
  /** Pixels. */
  indent: number;
  /** White space is shown as it stands. */
  preformatted: boolean;
}

/** That of the document: black on white. */
export const rootStyle: Style = {
  gone: null,
  invisible: false,
  opacity: 1,
  fontSize: 16,
  color: [0, 0, 0, 1],
  background: [255, 255, 255, 1],
  indent: 0,
  preformatted: false,
};

/** Elements whose text no mail program shows as text of the mail. */
const unseen = new Set(
  'script style title template noscript noembed noframes iframe object audio video canvas svg math datalist meta param'.split(
    ' ',
  ),
);
/** Of these, those that hide what is written as text of the mail. */
const hiding = new Set(['template', 'noscript']);

/** Elements that have a style of their own without any attribute. */
const special = new Set([...unseen, 'pre', 'textarea']);

/** Text smaller than this many pixels is not read. */
const leastFont = 2;
/** What is fainter than this is not seen. */
const leastOpacity = 0.1;
/** Letters stand out less than this from what is behind them: equal, or nearly. */
const leastContrast = 1.12;
/** What is moved by more pixels than this is off the screen. */
const offScreen = 400;

/** Whether text of this style is seen. */
export function isSeen(style: Style): boolean {
  if (style.gone !== null || style.invisible || style.fontSize < leastFont) return false;
  if (style.opacity < leastOpacity || Math.abs(style.indent) > offScreen) return false;
  if (style.color !== null && style.color[3] < leastOpacity) return false;
  if (style.color === null || style.background === null) return true;
  return contrast(style.color, style.background) >= leastContrast;
}

/** The style of an element in one of the style `parent`. */
export function styleOf(parent: Style, tag: string, attributes: Attributes, css: Declarations): Style {
  if (css.size === 0 && attributes.size === 0 && !special.has(tag)) return parent;
  const fontSize = fontSizeOf(css, parent.fontSize);
  const length = (property: string) => pixels(css.get(property), fontSize);
  const visibility = css.get('visibility');
  const indent = length('text-indent');
  const space = css.get('white-space');
  return {
    gone: parent.gone ?? goneOf(tag, attributes, css, fontSize),
    invisible:
      visibility === undefined || visibility === 'inherit' ? parent.invisible : visibility !== 'visible',
    opacity: parent.opacity * opacityOf(css),
    fontSize,
    color: colorOf(parent, tag, attributes, css),
    background: backgroundOf(parent, attributes, css),
    indent: indent ?? parent.indent,
    preformatted:
      space === undefined
        ? parent.preformatted || tag === 'pre' || tag === 'textarea'
        : /^(pre|break-spaces)/.test(space),
  };
}

function goneOf(tag: string, attributes: Attributes, css: Declarations, fontSize: number): Style['gone'] {
  if (unseen.has(tag)) return hiding.has(tag) ? 'style' : 'element';
  if (/\bnone\b/.test(css.get('display') ?? '') || css.get('content-visibility') === 'hidden') return 'style';
  if (attributes.has('hidden') && !css.has('display')) return 'style';
  if (/\ball\b/.test(css.get('mso-hide') ?? '')) return 'style';
  const length = (property: string) => pixels(css.get(property), fontSize);
  const least = (property: string) => (length(property) ?? Number.POSITIVE_INFINITY) < leastFont;
  if (least('max-height') || least('max-width')) return 'style';
  const clipped = /hidden|clip|scroll|auto/.test(
    `${css.get('overflow')} ${css.get('overflow-x')} ${css.get('overflow-y')}`,
  );
  if (clipped && ['height', 'width', 'line-height'].some(least)) return 'style';
  const placed = /absolute|fixed/.test(css.get('position') ?? '');
  const away = (property: string) => (length(property) ?? 0) < -offScreen;
  if (['margin-left', 'margin-top'].some(away)) return 'style';
  if (
    /^(?:absolute|fixed|relative)/.test(css.get('position') ?? '') &&
    ['left', 'right', 'top', 'bottom'].some(away)
  ) {
    return 'style';
  }
  if (placed && ['left', 'top'].some((property) => (length(property) ?? 0) > 10 * offScreen)) return 'style';
  if (placed && /rect\((?:\s*[01](?:px)?[\s,]*){4}\)/.test(css.get('clip') ?? '')) return 'style';
  if (/inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0|polygon\(\s*0 0\s*\)/.test(css.get('clip-path') ?? ''))
    return 'style';
  const moved = `${css.get('transform') ?? ''} ${css.get('scale') ?? ''}`;
  if (/scale[xy]?\(\s*0*\.?0*\s*[,)]|^ 0|translate[xy]?\(\s*-\d{4}/.test(moved)) return 'style';
  return /^0*\.?0+$/.test(css.get('zoom') ?? '') ? 'style' : null;
}

function opacityOf(css: Declarations): number {
  const filter = /opacity\(\s*([\d.]{1,10})(%?)/.exec(css.get('filter') ?? '');
  const filtered = filter === null ? 1 : Number(filter[1]) / (filter[2] === '%' ? 100 : 1);
  const value = css.get('opacity') ?? '';
  const own = Number.parseFloat(value) / (value.endsWith('%') ? 100 : 1);
  return Math.min(1, Number.isFinite(own) ? own : 1) * Math.min(1, Number.isFinite(filtered) ? filtered : 1);
}

function colorOf(parent: Style, tag: string, attributes: Attributes, css: Declarations): Color | null {
  const value = css.get('-webkit-text-fill-color') ?? css.get('color');
  if (value !== undefined)
    return /^(?:inherit|currentcolor|unset)$/.test(value) ? parent.color : parseColor(value);
  const old = tag === 'font' ? attributes.get('color') : tag === 'body' ? attributes.get('text') : undefined;
  if (old !== undefined) return parseOldColor(old);
  return tag === 'a' && attributes.has('href') ? [0, 0, 238, 1] : parent.color;
}

/** The colour behind the text; a picture or a gradient can't be told. */
function backgroundOf(parent: Style, attributes: Attributes, css: Declarations): Color | null {
  const picture = `${css.get('background-image') ?? ''} ${css.get('background') ?? ''}`;
  if (/url\(|gradient|var\(/.test(picture) || attributes.has('background')) return null;
  const color = behind(attributes, css);
  if (color === undefined) return parent.background;
  if (color === null || color[3] >= 1) return color;
  if (color[3] <= 0) return parent.background;
  const under = parent.background;
  if (under === null) return null;
  const mix = (at: 0 | 1 | 2) => color[3] * color[at] + (1 - color[3]) * under[at];
  return [mix(0), mix(1), mix(2), 1];
}

/** The element's own background; undefined for none. */
function behind(attributes: Attributes, css: Declarations): Color | null | undefined {
  const value = css.get('background-color');
  if (value !== undefined)
    return /^(?:inherit|initial|unset|none)$/.test(value) ? undefined : parseColor(value);
  const shorthand = css.get('background');
  if (shorthand !== undefined) {
    const parts = shorthand.match(/(?:rgb|hsl)a?\([^)]{0,80}\)|#?[a-z0-9-]+/g) ?? [];
    const color = parts
      .slice(0, 12)
      .map(parseColor)
      .find((found) => found !== null);
    return (
      color ??
      (parts.every((part) => /^(?:none|transparent|inherit|initial|0|repeat|no-repeat|scroll)$/.test(part))
        ? undefined
        : null)
    );
  }
  const old = attributes.get('bgcolor');
  return old === undefined ? undefined : parseOldColor(old);
}

const namedSizes = new Map([
  ['xx-small', 9],
  ['x-small', 10],
  ['small', 13],
  ['medium', 16],
  ['large', 18],
  ['x-large', 24],
  ['xx-large', 32],
]);

function fontSizeOf(css: Declarations, parent: number): number {
  const shorthand = /(?:^|\s)([\d.]{1,10}(?:px|pt|r?em|%|))(?:\/|\s)/.exec(css.get('font') ?? '')?.[1];
  const value = css.get('font-size') ?? shorthand;
  if (value === undefined) return parent;
  if (value === 'smaller') return parent * 0.83;
  if (value === 'larger') return parent * 1.2;
  const percent = /^([\d.]{1,10})%$/.exec(value)?.[1];
  if (percent !== undefined) return (parent * Number(percent)) / 100;
  return namedSizes.get(value) ?? pixels(value, parent) ?? parent;
}

const units = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 4 / 3],
  ['pc', 16],
  ['in', 96],
  ['cm', 37.8],
  ['mm', 3.78],
  ['rem', 16],
  ['vw', 8],
  ['vh', 8],
]);

/** A length in pixels; null for none, and for one that depends on what is around. */
function pixels(value: string | undefined, fontSize: number): number | null {
  const match = /^([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|pc|in|cm|mm|r?em|ex|vw|vh|)$/.exec(
    value ?? '',
  );
  if (match === null) return value === '0%' ? 0 : null;
  const unit = match[2] ?? '';
  return (
    Number(match[1]) * (unit === 'em' ? fontSize : unit === 'ex' ? fontSize / 2 : (units.get(unit) ?? 1))
  );
}
