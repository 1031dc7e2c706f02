/** `tinyfat retention`: how long what is stored stays, what would be removed now, and what was removed last. */
import { byteSize } from '@tinyfat/core';
import { retentionRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import { overApi, refused } from '../client/open-api.ts';
import { printTable } from '../output/table.ts';
import { printable, printJson, time } from '../output/text.ts';

type Count = InferOutput<typeof retentionRoutes.retentionCount>;
type Retention = InferOutput<typeof retentionRoutes.retention>;

/** Shows the settings and what would go, and changes nothing; with `--now` it removes that. */
export const retention = overApi<[], { now: boolean; json: boolean }>(async (api, { options }) => {
  const settings = await api.call(retentionRoutes.getRetention);
  if (!settings.ok) return refused(settings);
  const counted = options.now
    ? await api.call(retentionRoutes.runRetention)
    : await api.call(retentionRoutes.previewRetention);
  // Owners see the settings; what is counted is everybody's.
  if (!counted.ok && (options.now || counted.status !== 403)) return refused(counted);
  const counts = counted.ok ? counted.body.counts : null;
  if (options.json) {
    printJson({ ...settings.body, [options.now ? 'removed' : 'would_go']: counts });
  } else {
    show(settings.body, counts, options.now);
  }
  return counts?.some(({ error }) => error !== null) ? 1 : 0;
});

function show({ kinds, last_run: last }: Retention, counts: Count[] | null, now: boolean): void {
  const found = new Map(counts?.map((count) => [count.kind, count]));
  printTable(
    kinds.map((kind) => ({ ...kind, count: found.get(kind.kind) ?? null })),
    {
      columns: [
        { head: 'what', cell: ({ what }) => what, least: 20 },
        { head: 'stays', cell: ({ days }) => staysFor(days) },
        { head: now ? 'removed' : 'would go', cell: ({ count }) => count?.removed ?? null },
        { head: 'size', cell: ({ count }) => (count ? byteSize(count.bytes) : null) },
        { head: 'setting', cell: ({ variable }) => variable },
      ],
      note: ({ count }) =>
        count?.error == null ? null : `It did not get to the end: ${printable(count.error)}`,
      empty: 'Nothing is ever removed.',
    },
    false,
  );
  if (now || last === null) return;
  const removed = last.counts.reduce((sum, count) => sum + count.removed, 0);
  const bytes = last.counts.reduce((sum, count) => sum + count.bytes, 0);
  console.log(`\nLast run: ${time(Date.parse(last.started_at))}, ${removed} removed, ${byteSize(bytes)}.`);
}

function staysFor(days: number | null): string {
  if (days === null) return 'forever';
  return days === 1 ? '1 day' : `${days} days`;
}
