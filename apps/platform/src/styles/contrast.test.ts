/** The colours of both schemes: what stands on what can be read (WCAG AA), and edges and rings can be seen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contrastRatio, type Rgb } from '@tinyfat/testing/contrast';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'site.css'), 'utf8');
const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1]);

function colours(block: string): Map<string, Rgb> {
  const found = block.matchAll(/--([\w-]+): #(\w\w)(\w\w)(\w\w);/g);
  return new Map(
    [...found].map(([, name = '', ...hex]) => {
      const [red = 0, green = 0, blue = 0] = hex.map((pair) => Number.parseInt(pair, 16));
      return [name, [red, green, blue]];
    }),
  );
}

const SCHEMES = { light: colours(light), dark: colours(dark) };
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

it('both schemes name the same colours', () => {
  expect([...SCHEMES.dark.keys()].sort()).toEqual([...SCHEMES.light.keys()].sort());
});
