import * as d from '@tinyfat/database';

console.log(
  Object.entries(d)
    .filter(([, f]) => typeof f === 'function')
    .map(([n, f]) => n + ' ' + /\(.*?[,)]/.exec(String(f).replace(/\s+/g, ' '))?.[0])
    .join('\n'),
);
