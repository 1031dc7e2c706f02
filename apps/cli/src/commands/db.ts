/** `tinyfat db copy`: the rows of one database into another, SQLite or Postgres. */
import type { Config } from '@tinyfat/server/config';
import { configuredDatabase } from '@tinyfat/server/data-folder';
import { copyDatabase } from '@tinyfat/server/move/copy-database';
import { type DatabasePlace, databasePlace } from '@tinyfat/server/move/database-place';
import { type Run, UsageError } from '../command.ts';
import { progress } from '../output/progress.ts';
import { printable } from '../output/text.ts';

/** Copies, and says what to set where; exit code 1 where there is no whole copy. */
export const copyDb: Run<[], { from: string; to: string }> = async ({ options }, config) => {
  const from = placeOf('--from', options.from, config);
  const to = placeOf('--to', options.to, config);
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

/** `DATABASE_URL` stands for the database of that variable, so that its password is in no command line. */
function placeOf(option: string, text: string, config: Config): DatabasePlace {
  if (text === 'DATABASE_URL') {
    if (config.database === null) throw new UsageError(`${option}: DATABASE_URL is not set`);
    return configuredDatabase(config);
  }
  const read = databasePlace(text, config.database?.authorities ?? null);
  if (!read.ok) throw new UsageError(`${option} ${read.reason}`);
  return read.place;
}
