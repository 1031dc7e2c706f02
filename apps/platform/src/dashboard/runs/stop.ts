/** What the button does that stops a run. */
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getRun, stopRun } from '../../api/routes/runs.ts';

/** Stops it; one that was stopped already is, so that a form may be sent twice. */
export async function stopOnce(ask: Ask, id: string): Promise<Outcome<unknown>> {
  const stopped = await ask(stopRun, { params: { id } });
  if (stopped.ok || stopped.code !== 'conflict') return stopped;
  const now = await ask(getRun, { params: { id } });
  return now.ok && now.body.error_code === 'run_stopped' ? now : stopped;
}
