/**
 * A rotation in a process of its own that is killed at a point, for the tests of what is left then:
 * `node rotate-and-die.ts DATA_DIR POINT`. Points are `before N` and `after N` for the Nth use of the file, and
 * `wrap N` for the Nth data key; without a point it runs to its end.
 */
import type { MasterKeyFile } from '@tinyfat/core';
import { masterKeySource, rotateMasterKeys } from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';
import { openDataFolder } from '../data-folder.ts';

const [dataDir = '', moment = '', number = '0'] = process.argv.slice(2);
const die = () => process.kill(process.pid, 'SIGKILL');
let uses = 0;

async function counted<Result>(use: () => Promise<Result>): Promise<Result> {
  uses++;
  const here = uses === Number(number);
  if (here && moment === 'before') die();
  const result = await use();
  if (here && moment === 'after') die();
  return result;
}

function dying(file: MasterKeyFile): MasterKeyFile {
  return {
    read: () => counted(() => file.read()),
    create: (keys) => counted(() => file.create(keys)),
    replace: (keys) => counted(() => file.replace(keys)),
  };
}

if (moment === 'wrap') {
  const wrapKey = crypto.subtle.wrapKey.bind(crypto.subtle);
  let wraps = 0;
  crypto.subtle.wrapKey = async (...words) => {
    wraps++;
    if (wraps === Number(number)) die();
    return await wrapKey(...words);
  };
}
const data = await openDataFolder({ dataDir, database: null });
const rotation = await rotateMasterKeys(
  data.db,
  masterKeySource(null, dying(masterKeyFile(data.paths.masterKeys))),
);
await data.close();
console.log(JSON.stringify({ uses, rotation }));
