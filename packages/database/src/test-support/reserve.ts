/**
 * A process that reserves for a run as often as it can, once it is sent a line:
 * `node reserve.ts DATABASE RUN AGENT OWNER`; prints `ready`, then the micro-dollars that it was granted.
 */
import { once } from 'node:events';
import { monthOf } from '@tinyfat/core';
import { openDatabaseAgain } from '@tinyfat/testing/fresh-database';
import { reserve } from '../reservations.ts';

const [path = '', run = '', agent = '', owner = ''] = process.argv.slice(2);
const db = await openDatabaseAgain(path);
const who = {
  run: { id: run, attempt: 1 },
  agent: { id: agent, owner },
  month: monthOf(Date.parse('2026-11-15')),
  ownerDefault: null,
};
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
const grants = await Promise.all(
  Array.from({ length: 30 }, () => reserve(db, who, { more: 7, whole: 7, partly: false })),
);
await db.destroy();
process.stdout.write(String(grants.reduce((sum, grant) => sum + (grant.ok ? grant.microUsd : 0), 0)));
