/** SQLite and Postgres side by side, in one run on one machine. */
import { type Engine, postgres, sqlite } from './engine.ts';
import { acceptedRate } from './intake.ts';
import { rounded } from './measure.ts';
import { measureOldRows } from './old-rows.ts';
import { measureTurns } from './turns.ts';

const ROWS = [100, 100_000];

/** Figures by engine, ready to print; a sentence for one that is not there. */
export async function measureEngines(say: (text: string) => void): Promise<Record<string, object | string>> {
  const other = await postgres();
  const figures: Record<string, object | string> = {};
  let ofSqlite: Throughput | null = null;
  for (const engine of [sqlite, other]) {
    if (typeof engine === 'string') {
      figures.postgres = `skipped: ${engine}`;
      continue;
    }
    const rows: Record<string, object> = {};
    for (const count of ROWS) {
      say(`${engine.name} with ${count} old rows`);
      const { idleCpuPerMinute, ...times } = await measureOldRows(engine, count);
      const ms = Object.entries(times).map(([name, value]) => [`${name}Ms`, rounded(value, 2)]);
      rows[count] = { ...Object.fromEntries(ms), idleCpuSecondsPerMinute: rounded(idleCpuPerMinute, 2) };
    }
    say(`turns and mails on ${engine.name}`);
    const throughput = await throughputOf(engine);
    ofSqlite ??= throughput;
    figures[engine.name] = {
      oldRows: rows,
      turnsPerMinute: rounded(throughput.turns, 0),
      mailsPerSecond: rounded(throughput.mails, 0),
      turnsTimesSqlite: rounded(throughput.turns / ofSqlite.turns, 2),
      mailsTimesSqlite: rounded(throughput.mails / ofSqlite.mails, 2),
    };
  }
  if (typeof other !== 'string') await other.stop();
  return figures;
}

interface Throughput {
  turns: number;
  mails: number;
}

async function throughputOf(engine: Engine): Promise<Throughput> {
  const { turnsPerMinute } = await measureTurns({ agents: 10, runs: 2, engine });
  return { turns: turnsPerMinute, mails: await acceptedRate(engine) };
}
