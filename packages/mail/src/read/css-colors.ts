/** Colours of CSS (CSS Color 4), as far as is needed to tell letters from what is behind them. */

/** Red, green and blue from 0 to 255, and how opaque it is from 0 to 1. */
export type Color = readonly [number, number, number, number];

/** The named colours that are close to white or black; any other name is unknown. */
const names = new Map(
  (
    'white fff|snow fffafa|ivory fffff0|ghostwhite f8f8ff|mintcream f5fffa|azure f0ffff|aliceblue f0f8ff|' +
    'floralwhite fffaf0|whitesmoke f5f5f5|seashell fff5ee|honeydew f0fff0|oldlace fdf5e6|linen faf0e6|' +
    'lavenderblush fff0f5|cornsilk fff8dc|lightyellow ffffe0|beige f5f5dc|lavender e6e6fa|mistyrose ffe4e1|' +
    'antiquewhite faebd7|papayawhip ffefd5|lightcyan e0ffff|lemonchiffon fffacd|lightgoldenrodyellow fafad2|' +
    'gainsboro dcdcdc|lightgray d3d3d3|lightgrey d3d3d3|silver c0c0c0|darkgray a9a9a9|darkgrey a9a9a9|gray 808080|' +
    'grey 808080|dimgray 696969|dimgrey 696969|black 000|red f00|lime 0f0|blue 00f|yellow ff0|cyan 0ff|aqua 0ff|' +
    'magenta f0f|fuchsia f0f|maroon 800000|green 008000|navy 000080|olive 808000|purple 800080|teal 008080|' +
    'orange ffa500|midnightblue 191970|darkblue 00008b|darkslategray 2f4f4f|darkslategrey 2f4f4f|' +
    'canvas fff|window fff|canvastext 000|windowtext 000'
  )
    .split('|')
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf(' ')), pair.slice(pair.indexOf(' ') + 1)]),
);

/** The colour that a value names; null for one that can't be told (a variable, a gradient, an unknown name). */
export function parseColor(value: string): Color | null {
  const text = value.trim().toLowerCase();
  if (text === 'transparent') return [0, 0, 0, 0];
  const hex = /^#([0-9a-f]{3,8})$/.exec(text)?.[1] ?? names.get(text);
  if (hex !== undefined) return hexColor(hex);
  const rgb = /^rgba?\(([^)]{1,80})\)$/.exec(text)?.[1];
  if (rgb !== undefined) return channels(rgb, (part, at) => share(part, at === 3 ? 1 : 255));
  const hsl = /^hsla?\(([^)]{1,80})\)$/.exec(text)?.[1];
  const parts =
    hsl === undefined
      ? null
      : channels(hsl, (part, at) => (at === 0 ? Number.parseFloat(part) : share(part, 1)));
  return parts === null ? null : fromHsl(parts);
}

/** A colour of the old attributes (`bgcolor`, `<font color>`), whose `#` may be missing. */
export function parseOldColor(value: string): Color | null {
  return /^\s*[0-9a-f]{6}\s*$/i.test(value) ? parseColor(`#${value.trim()}`) : parseColor(value);
}

/** How well letters stand out, from 1 (not at all) to 21 (WCAG 2, contrast ratio). */
export function contrast(letters: Color, behind: Color): number {
  const [, , , alpha] = letters;
  const mixed = [0, 1, 2].map((at) => alpha * (letters[at] ?? 0) + (1 - alpha) * (behind[at] ?? 0));
  const [light, dark] = [luminance(mixed), luminance(behind)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(color: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function hexColor(hex: string): Color | null {
  if (![3, 4, 6, 8].includes(hex.length)) return null;
  const size = hex.length < 6 ? 1 : 2;
  const at = (index: number) => {
    const digits = hex.slice(index * size, (index + 1) * size);
    return digits === '' ? 255 : Number.parseInt(size === 1 ? digits + digits : digits, 16);
  };
  return [at(0), at(1), at(2), at(3) / 255];
}

function channels(list: string, read: (part: string, at: number) => number): Color | null {
  const [red, green, blue, alpha = 1] = list
    .split(/[\s,/]+/)
    .filter((part) => part !== '')
    .map(read);
  if (red === undefined || green === undefined || blue === undefined) return null;
  return [red, green, blue, alpha].every(Number.isFinite) ? [red, green, blue, alpha] : null;
}

function share(part: string, whole: number): number {
  const number = Number.parseFloat(part);
  return part.endsWith('%') ? (number / 100) * whole : number;
}

function fromHsl([hue, saturation, lightness, alpha]: Color): Color {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const at = (offset: number) => {
    const turn = (offset + hue / 30) % 12;
    return 255 * (lightness - chroma * Math.max(-1, Math.min(turn - 3, 9 - turn, 1)));
  };
  return [at(0), at(8), at(4), alpha];
}
