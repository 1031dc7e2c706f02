/**
 * What moves on every page: the browser says its time zone, times in words stay true, and texts can be copied. Without it
 * times are in UTC or the zone of the settings.
 */
import { BROWSER_ZONE_COOKIE, preferenceCookie } from '../view/preferences.ts';
import { agoText, exactText } from '../view/time.ts';

function sayZone(): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const { zone: known, zoneChosen } = document.documentElement.dataset;
  // One that was chosen in the settings stays.
  if (zoneChosen !== undefined || timeZone === undefined || timeZone === known) return;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = preferenceCookie(BROWSER_ZONE_COOKIE, timeZone, location.protocol === 'https:');
  showExactTimes(timeZone);
}

/** The first page that a browser sees was written in UTC, that after a journey in the zone before. */
function showExactTimes(zone: string): void {
  for (const time of document.querySelectorAll('time')) {
    const text = exactText(Date.parse(time.dateTime), zone);
    time.title = text;
    if (time.dataset.shown === 'exact') time.textContent = text;
  }
}

function showRelativeTimes(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-shown=relative]')) {
    const text = agoText(Date.parse(time.dateTime), Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}

function offerCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]'))
    button.hidden = false;
  document.addEventListener('click', async ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLButtonElement>('button[data-copy]') : null;
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? '');
      button.textContent = 'Copied';
    } catch {
      // A page that came over plain http from another machine has no clipboard.
      button.textContent = 'Copy it by hand';
    }
  });
}

/** On a phone the tabs of a page scroll: the one that is open comes into sight. */
function showCurrentTab(): void {
  const current = document.querySelector<HTMLElement>('.tabs [aria-current]');
  const tabs = current?.closest<HTMLElement>('.tabs');
  if (!current || !tabs) return;
  tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}

sayZone();
offerCopying();
showCurrentTab();
setInterval(showRelativeTimes, 30_000);
