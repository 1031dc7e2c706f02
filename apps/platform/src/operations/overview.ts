import { agentOverview, type Database } from '@tinyfat/database';
import type { Backend } from '../contract.ts';

/** Agents on the status page. */
const MOST_AGENTS_SHOWN = 200;

/** What the status page asks for, over the open database. */
export function overviewOf(db: Database): Backend['overview'] {
  return ({ address, isAdmin }) => agentOverview(db, isAdmin ? 'all' : { owner: address }, MOST_AGENTS_SHOWN);
}
