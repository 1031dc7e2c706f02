/**
 * A process that opens a database and is killed before it runs the n-th statement that changes something:
 * `node open-and-die.ts DATABASE N`. It ends by itself when there are fewer.
 */
import { StatementSync } from 'node:sqlite';
import { openSqlite } from '../sqlite.ts';

const [path = '', last = '0'] = process.argv.slice(2);
let left = Number(last);
const { prototype } = StatementSync;
for (const name of ['run', 'all'] as const) {
  const original: (...values: unknown[]) => unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  Object.defineProperty(prototype, name, {
    value(this: StatementSync, ...values: unknown[]) {
      const changes = !/^\s*(select|pragma|with)/i.test(this.sourceSQL);
      if (changes && --left < 0) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, values);
    },
  });
}
await (await openSqlite(path)).destroy();
