/**
 * A process that opens a database and is killed before it runs the n-th statement that changes something:
 * `node open-and-die.ts DATABASE N`. Where there are fewer it ends by itself and prints how many there were.
 */
import { StatementSync } from 'node:sqlite';
import { openSqlite } from '../sqlite/open.ts';

const [path = '', last = '0'] = process.argv.slice(2);
let run = 0;
const { prototype } = StatementSync;
for (const name of ['run', 'all'] as const) {
  const original: (...values: unknown[]) => unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  Object.defineProperty(prototype, name, {
    value(this: StatementSync, ...values: unknown[]) {
      const changes = !/^\s*(select|pragma|with)/i.test(this.sourceSQL);
      if (changes && run++ === Number(last)) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, values);
    },
  });
}
await (await openSqlite(path)).destroy();
process.stdout.write(String(run));
