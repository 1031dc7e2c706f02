/** What keeps a page from being read: text without contrast, and what does not fit the window. */
import { contrastRatio, type Rgb } from '@tinyfat/testing/contrast';
import type { Page } from './browser.ts';

/** One text as the browser paints it. */
interface Painted {
  text: string;
  color: string;
  background: string;
  sizePx: number;
  weight: number;
}

/** A sentence for each fault: WCAG 2.2 AA for text (1.4.3), no scrolling sideways (1.4.10). Empty when all is well. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  // Text is there before the style sheet is.
  await page.waitForLoadState();
  const excess = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  if (excess > 0) faults.push(`the page is ${excess} px wider than the window`);
  const texts = await page.evaluate<Painted[]>(PAINTED_TEXTS);
  if (texts.length === 0) faults.push('the page shows no text');
  for (const { text, color, background, sizePx, weight } of texts) {
    const ratio = contrastRatio(rgb(color), rgb(background));
    const isLarge = sizePx >= 24 || (sizePx >= 18.66 && weight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      faults.push(`"${text}": ${color} on ${background} has a contrast of ${ratio.toFixed(2)}`);
    }
  }
  return faults;
}

function rgb(color: string): Rgb {
  const [, red, green, blue] = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color) ?? [];
  if (blue === undefined) throw new Error(`${color} is no opaque colour`);
  return [Number(red), Number(green), Number(blue)];
}

/** Runs in the page: every text that is shown, on the nearest ground that is painted behind it. */
const PAINTED_TEXTS = `(() => {
  const clear = 'rgba(0, 0, 0, 0)';
  const painted = [];
  for (const element of document.body.querySelectorAll('*')) {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent.trim())
      .join(' ')
      .trim() || element.value || '';
    if (text === '' || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest('[aria-hidden="true"]') || element.closest('.skip')) continue;
    let ground = element;
    while (ground.parentElement && getComputedStyle(ground).backgroundColor === clear) ground = ground.parentElement;
    const background = getComputedStyle(ground).backgroundColor;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    painted.push({
      text: String(text).slice(0, 60),
      color,
      background: background === clear ? 'rgb(255, 255, 255)' : background,
      sizePx: Number.parseFloat(fontSize),
      weight: Number(fontWeight),
    });
  }
  return painted;
})()`;
