import type { APIRoute } from 'astro';
import { csvAnswer } from '../api/answer.ts';
import * as routes from '../api/routes/usage.ts';
import { csvQuery } from '../dashboard/usage/usage-page.ts';
import { readUsageView } from '../dashboard/usage/usage-view.ts';
import { refusedPage } from '../view/refusal.ts';

/** What the page about usage shows, as a file. */
export const GET: APIRoute = async ({ locals, url }) => {
  const query = csvQuery(readUsageView(url.searchParams), Date.now(), locals.preferences.zone ?? 'UTC');
  const answer = await locals.ask(routes.getUsage, { query, headers: { accept: 'text/csv' } });
  if (!answer.ok) return refusedPage(answer);
  if (!('csv' in answer.body)) throw new Error('usage was asked for as CSV and is none');
  return csvAnswer(answer.body.csv);
};
