// Loaded into a server by NODE_OPTIONS=--import: its clock is off by the ms in the file CLOCK_OFFSET, read at its start and on
// SIGUSR2.
import { readFileSync } from 'node:fs';

const real = Date.now;
let offset = 0;
const read = () => {
  offset = Number(readFileSync(process.env.CLOCK_OFFSET, 'utf8'));
};
read();
process.on('SIGUSR2', read);
Date.now = () => real() + offset;
