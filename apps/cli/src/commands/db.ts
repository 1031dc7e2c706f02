/** `tinyfat db copy`: the rows of one database into another, SQLite or Postgres. */
import { copyDatabase } from '@tinyfat/server/move/copy-database';
import { type DatabasePlace, databasePlace } from '@tinyfat/server/move/database-place';
import { type Run, UsageError } from '../command.ts';
import { progress } from '../output/progress.ts';
import { printable } from '../output/text.ts';

/** Copies, and says what to set where; exit code 1 where there is no whole copy. */
export const copyDb: Run<[], { from: string; to: string }> = async ({ options }) => {
  const from = placeOf('--from', options.from);
  const to = placeOf('--to', options.to);
  const shown = progress(process.stderr);
  const copied = await copyDatabase(from, to, (news) => {
    if (news.step === 'resumed') shown.show('Going on where the last copy was cut off.', true);
    if (news.step === 'source_changed') shown.show('The source has changed since; copying it anew.', true);
    if (news.step === 'rows') shown.show(`${news.table}: ${news.done} of ${news.total}`);
    if (news.step === 'compared') shown.show(`${news.table}: compared`);
  }).finally(() => shown.end());
  if (!copied.ok) {
    console.error(printable(`tinyfat: ${copied.reason}`));
    return 1;
  }
  const counts = Object.entries(copied.rows);
  for (const [name, rows] of counts) if (rows > 0) console.log(`${name.padEnd(24)} ${rows}`);
  const rows = counts.reduce((sum, [, count]) => sum + count, 0);
  console.log(printable(`${rows} rows of ${counts.length} tables are in ${to.shown}, each compared.`));
  console.log('Raw mail and the folders of agents are no part of it: they stay in DATA_DIR.');
  return 0;
};

function placeOf(option: string, text: string): DatabasePlace {
  const read = databasePlace(text);
  if (!read.ok) throw new UsageError(`${option}: ${read.reason}`);
  return read.place;
}
