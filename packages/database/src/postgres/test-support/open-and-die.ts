/**
 * A process that opens a database and is killed before it sends the n-th statement that changes something:
 * `node open-and-die.ts URL DIRECT_URL N`. Where there are fewer it ends by itself and prints how many there were.
 */
import pg from 'pg';
import { openPostgres } from '../open.ts';

const [url = '', directUrl = '', last = '0'] = process.argv.slice(2);
let sent = 0;
const original: (...values: unknown[]) => unknown = pg.Client.prototype.query;
Object.defineProperty(pg.Client.prototype, 'query', {
  value(this: pg.Client, ...values: unknown[]) {
    const [first] = values;
    const text = typeof first === 'string' ? first : String(Reflect.get(Object(first), 'text'));
    const changes = !/^\s*(select|with|begin|start)/i.test(text);
    if (changes && sent++ === Number(last)) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, values);
  },
});
await (await openPostgres({ url, directUrl })).destroy();
process.stdout.write(String(sent));
