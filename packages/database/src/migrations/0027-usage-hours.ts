/**
 * What turns used, added up for each hour, agent, model and sender, so that a page about months reads few rows. The
 * database itself keeps it: every change of a run changes its hour in the same transaction, whatever code makes it.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';

const SUMS = {
  turns: '1',
  input_tokens: 'input_tokens',
  output_tokens: 'output_tokens',
  cache_read_tokens: 'cache_read_tokens',
  cache_write_tokens: 'cache_write_tokens',
  cost_micro_usd: 'cast(round(cost_usd * 1000000) as bigint)',
};
const NAMES = Object.keys(SUMS);
const KEY = 'agent_id, hour, model, sender';

/** The key of a run's hour; `row` is `old.`, `new.` or `runs.`. */
const keyOf = (row: string) =>
  [
    `${row}agent_id`,
    `${row}started_at / 3600000`,
    `coalesce(${row}model, '')`,
    `coalesce((select sender_base from mails where mails.id = ${row}mail_id), '')`,
  ].join(', ');
const valuesOf = (row: string) =>
  Object.values(SUMS).map((value) => value.replace(/\b(\w+_tokens|cost_usd)\b/g, `${row}$1`));

const taken = `
  update usage_hours set ${valuesOf('old.')
    .map((value, at) => `${NAMES[at]} = ${NAMES[at]} - ${value}`)
    .join(', ')}
    where old.kind = 'turn' and (${KEY}) = (${keyOf('old.')});
  delete from usage_hours where (${KEY}) = (${keyOf('old.')}) and turns = 0;`;
const added = `
  insert into usage_hours (${KEY}, ${NAMES.join(', ')})
    select ${keyOf('new.')}, ${valuesOf('new.').join(', ')} where new.kind = 'turn'
    on conflict (${KEY}) do update set ${NAMES.map((name) => `${name} = usage_hours.${name} + excluded.${name}`).join(', ')};`;

/** A change of one of these changes an hour. */
const WATCHED = `kind, agent_id, mail_id, model, started_at, ${NAMES.filter((name) => name.endsWith('_tokens')).join(', ')}, cost_usd`;

export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  let table = db.schema.createTable('usage_hours');
  for (const name of ['agent_id', 'hour', 'model', 'sender', ...NAMES]) {
    const isText = ['agent_id', 'model', 'sender'].includes(name);
    table = table.addColumn(name, isText ? 'text' : 'bigint', (column) => column.notNull());
  }
  table = table.addPrimaryKeyConstraint('usage_hours_key', ['agent_id', 'hour', 'model', 'sender'] as never);
  // The rows are read in the order of their key, with all that is in them.
  await (isPostgres ? table : table.modifyEnd(sql`without rowid`)).execute();
  await sql
    .raw(
      `insert into usage_hours (${KEY}, ${NAMES.join(', ')})
        select agent_id, hour, model, sender, ${NAMES.map((name) => `sum(${name})`).join(', ')} from (
          select ${columnsOf(keyOf('runs.'), KEY)}, ${columnsOf(valuesOf('runs.').join(', '), NAMES.join(', '))}
          from runs where kind = 'turn') as turns_of_runs
        group by ${KEY}`,
    )
    .execute(db);
  for (const statement of isPostgres ? postgresTriggers() : sqliteTriggers())
    await sql.raw(statement).execute(db);
}

/** `a, b` with the names `x, y`. No value has a comma that is followed by a blank, but in brackets. */
function columnsOf(values: string, names: string): string {
  const named = names.split(', ');
  return values
    .split(/, (?![^(]*\))/)
    .map((value, at) => `${value} as ${named[at]}`)
    .join(', ');
}

function sqliteTriggers(): string[] {
  return [
    `create trigger usage_of_new_run after insert on runs begin ${added} end`,
    `create trigger usage_of_changed_run after update of ${WATCHED} on runs begin ${taken} ${added} end`,
    `create trigger usage_of_deleted_run after delete on runs begin ${taken} end`,
  ];
}

function postgresTriggers(): string[] {
  return [
    `create function note_usage_of_run() returns trigger language plpgsql as $note$ begin
      if tg_op <> 'INSERT' then ${taken} end if;
      if tg_op <> 'DELETE' then ${added} end if;
      return null;
    end $note$`,
    `create trigger usage_of_run after insert or delete or update of ${WATCHED} on runs
      for each row execute function note_usage_of_run()`,
  ];
}
