/** The colours of both schemes: what stands on what can be read (WCAG AA), and edges and rings can be seen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contrastRatio, type Rgb } from '@tinyfat/testing/contrast';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'site.css'), 'utf8');
/** A property with one colour for both schemes, or with one for each (`light-dark()`, CSS Color 5). */
const PROPERTY = /--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));/g;

function colours(scheme: 'light' | 'dark'): Map<string, Rgb> {
  return new Map(
    [...css.matchAll(PROPERTY)].map(([, name = '', light, dark, both]) => {
      const hex = both ?? (scheme === 'light' ? light : dark) ?? '';
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
        Number.parseInt(hex.slice(at, at + 2), 16),
      );
      return [name, [red, green, blue]];
    }),
  );
}

const SCHEMES = { light: colours('light'), dark: colours('dark') };
/** Text on what it stands on: 4.5 (success criterion 1.4.3). */
const TEXT: [string, string][] = [
  ...['ink', 'muted', 'link', 'bad'].flatMap((text): [string, string][] => [
    [text, 'card'],
    [text, 'paper'],
  ]),
  ['on-action', 'action'],
  ['on-action', 'action-hover'],
  ['stamp-ink', 'stamp'],
  ['postmark', 'card'],
  ...['good', 'wait', 'bad', 'quiet'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-wash`],
    ['ink', `${tone}-wash`],
    ['link', `${tone}-wash`],
  ]),
];
/** Edges of what can be used, and the ring of the focus: 3 (1.4.11). */
const SHAPES: [string, string][] = [
  ['edge', 'card'],
  ['edge', 'paper'],
  ['link', 'paper'],
  ['action', 'card'],
  ['action', 'paper'],
  ['bad', 'card'],
];

describe.each(Object.entries(SCHEMES))('the %s colours', (_, scheme) => {
  const ratio = (one: string, other: string) => {
    const [first, second] = [scheme.get(one), scheme.get(other)];
    if (!first || !second) throw new Error(`${one} or ${other} is not in this scheme`);
    return contrastRatio(first, second);
  };

  it.each(TEXT)('let %s be read on %s', (text, ground) => {
    expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SHAPES)('let %s be seen on %s', (shape, ground) => {
    expect(ratio(shape, ground)).toBeGreaterThanOrEqual(3);
  });
});

it('every colour that a property names is one that these tests read', () => {
  const named = css.match(/#[\da-f]{3,8}\b/gi) ?? [];
  const read = [...css.matchAll(PROPERTY)].flatMap(([, , light, dark, both]) => both ?? [light, dark]);
  expect(read).toEqual(named);
});
