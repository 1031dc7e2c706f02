/** Makes a run findable by what was said and done in it, and by the text that it was run again with, once it is over. */
import { faultText } from '@tinyfat/core';
import {
  indexDocument,
  type Mail,
  mailById,
  type Run,
  runById,
  type SearchDocument,
  senderText,
  transact,
} from '@tinyfat/database';
import { folderRunEvents } from '@tinyfat/storage';
import type { ConsumerDeps } from '../consumer.ts';
import { textOfEvents } from './searched-text.ts';

type IndexDeps = Pick<ConsumerDeps, 'db' | 'folders' | 'clock' | 'logger'>;

/** The document of a turn; null for what has no events: a command, and a run whose mail is gone. */
export async function runDocument(
  { folders, clock }: Pick<IndexDeps, 'folders' | 'clock'>,
  run: Run,
  mail: Mail | undefined,
): Promise<SearchDocument | null> {
  if (run.kind !== 'turn' || !mail) return null;
  const events = await folderRunEvents(folders, clock).read(run).more(true);
  return {
    kind: 'run',
    id: run.id,
    agentId: run.agent_id,
    at: run.started_at,
    sender: senderText(mail),
    people: '',
    subject: mail.subject,
    text: [run.edited_text ?? '', textOfEvents(events)].filter((text) => text !== '').join('\n'),
  };
}

/** Writes it. Never rejects: a run that can't be found by its text is in the lists all the same. */
export async function indexRun(deps: IndexDeps, runId: string): Promise<void> {
  try {
    const run = await runById(deps.db, runId);
    const document = run && (await runDocument(deps, run, await mailById(deps.db, run.mail_id)));
    if (document) await transact(deps.db, [], (tx) => indexDocument(tx, document));
  } catch (error) {
    deps.logger.warn('run_not_searchable', { run: runId, error: faultText(error) });
  }
}
