/**
 * The sums of hours once more by day in UTC, for times of months: kept by triggers on the hours, which triggers on runs
 * keep.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';

const NAMES = [
  'turns',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cost_micro_usd',
];
const KEY = 'agent_id, day, model, sender';

/** Adds amounts to the day of an hour; `row` is `old` or `new`. */
const add = (row: 'old' | 'new', amount: (name: string) => string) => `
  insert into usage_days (${KEY}, ${NAMES.join(', ')})
    select ${row}.agent_id, ${row}.hour / 24, ${row}.model, ${row}.sender, ${NAMES.map(amount).join(', ')} where true
    on conflict (${KEY}) do update set ${NAMES.map((name) => `${name} = usage_days.${name} + excluded.${name}`).join(', ')};`;
const inserted = add('new', (name) => `new.${name}`);
const updated = add('new', (name) => `new.${name} - old.${name}`);
const deleted = `${add('old', (name) => `-old.${name}`)}
  delete from usage_days where (${KEY}) = (old.agent_id, old.hour / 24, old.model, old.sender) and turns = 0;`;

export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  let table = db.schema.createTable('usage_days');
  for (const name of ['agent_id', 'day', 'model', 'sender', ...NAMES]) {
    const isText = ['agent_id', 'model', 'sender'].includes(name);
    table = table.addColumn(name, isText ? 'text' : 'bigint', (column) => column.notNull());
  }
  table = table.addPrimaryKeyConstraint('usage_days_key', ['agent_id', 'day', 'model', 'sender'] as never);
  await (isPostgres ? table : table.modifyEnd(sql`without rowid`)).execute();
  await sql
    .raw(
      `insert into usage_days (${KEY}, ${NAMES.join(', ')})
        select agent_id, hour / 24, model, sender, ${NAMES.map((name) => `sum(${name})`).join(', ')}
        from usage_hours group by 1, 2, 3, 4`,
    )
    .execute(db);
  for (const statement of isPostgres ? postgresTriggers() : sqliteTriggers())
    await sql.raw(statement).execute(db);
}

function sqliteTriggers(): string[] {
  return [
    `create trigger usage_of_new_hour after insert on usage_hours begin ${inserted} end`,
    `create trigger usage_of_changed_hour after update on usage_hours begin ${updated} end`,
    `create trigger usage_of_deleted_hour after delete on usage_hours begin ${deleted} end`,
  ];
}

function postgresTriggers(): string[] {
  return [
    `create function note_usage_of_hour() returns trigger language plpgsql as $note$ begin
      if tg_op = 'INSERT' then ${inserted}
      elsif tg_op = 'UPDATE' then ${updated}
      else ${deleted} end if;
      return null;
    end $note$`,
    `create trigger usage_of_hour after insert or update or delete on usage_hours
      for each row execute function note_usage_of_hour()`,
  ];
}
