/** The Postgres database: is it reached by both ways, safely, and closed to others? */
import { describeError } from '@tinyfat/core';
import { UnfinishedCopyError } from '@tinyfat/database';
import { PostgresError, type PostgresLook, type PostgresWay } from '@tinyfat/database/postgres';
import { broken, type Check, note, type Observation, ok, wordsOf } from './finding.ts';

/** What a look gave, or the error that it ended with; null where none is set. */
export type PostgresSeen = { look: PostgresLook } | { error: unknown } | null;

const OLDEST = 15;
const MOST_NAMES = 5;

/** DATABASE_URL, DATABASE_DIRECT_URL and DATABASE_TLS_CA. */
export function postgresCheck(seen: () => Promise<PostgresSeen>): Check {
  return {
    name: 'postgres',
    async look() {
      const found = await seen();
      if (found === null) return [];
      return 'error' in found ? unusable(found.error) : observe(found.look);
    },
  };
}

/** Why the database can not be used, and what mends it. */
export function unusable(error: unknown): Observation {
  if (!(error instanceof PostgresError || error instanceof UnfinishedCopyError))
    return broken(wordsOf(error), 'Check DATABASE_URL.');
  const { sentence, nextStep } = describeError(error.code);
  return broken(`${sentence} ${error.detail}`, nextStep);
}

function observe({ url, direct, openTables }: PostgresLook): Observation[] {
  const isOne = url.shown === direct.shown;
  const found = [ok(`${described(url)}${isOne ? '' : `; for migrations ${described(direct)}`}`)];
  if (direct.isPooler)
    found.push(
      note(
        'migrations go through the pooler',
        'Set DATABASE_DIRECT_URL to the direct connection or the session pooler: docs/supabase.md.',
      ),
    );
  if (url.tls === 'unencrypted' || direct.tls === 'unencrypted')
    found.push(
      note(
        'mails and keys cross the network unencrypted',
        'Take sslmode=disable out of the URL, and set DATABASE_TLS_CA where the authority is one of your own.',
      ),
    );
  if (!url.isDurable)
    found.push(
      note(
        'what is committed may be lost when the server of the database loses power',
        'Set fsync and synchronous_commit to on there.',
      ),
    );
  if (Number.parseInt(url.version, 10) < OLDEST)
    found.push(
      note(`it is version ${url.version}`, `Use Postgres ${OLDEST} or newer: no older one is tested.`),
    );
  if (openTables.length > 0) {
    const more = openTables.length > MOST_NAMES ? ` and ${openTables.length - MOST_NAMES} more` : '';
    const names = `${openTables.slice(0, MOST_NAMES).join(', ')}${more}`;
    found.push(
      broken(`other roles can be given these tables, or have them: ${names}`, 'The next start closes them.'),
    );
  }
  return found;
}

function described({ shown, version, isPooler, tls }: PostgresWay): string {
  const how = {
    verified: 'encrypted, certificate verified',
    'this machine': 'on this machine',
    unencrypted: 'unencrypted',
  }[tls];
  return `${version}, ${shown}, ${isPooler ? 'through a pooler' : 'directly'}, ${how}`;
}
