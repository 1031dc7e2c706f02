/** `tinyfat run stop ID` and `tinyfat run again ID`: what an owner does with a run. */
import { runRoutes } from '@tinyfat/platform';
import type { Failed } from '../client/api-client.ts';
import { notFound, overApi } from '../client/open-api.ts';
import { printable } from '../output/text.ts';

/** Ends a run that goes on or waits; the server kills its sandbox within a second. */
export const stopRun = overApi<[string]>(async (api, { words: [id] }) => {
  const stopped = await api.call(runRoutes.stopRun, { params: { id } });
  if (!stopped.ok) return unknownRun(stopped, id);
  console.log('It is being stopped. Its sender gets a mail that says so.');
  return 0;
});

/** Does a run once more, as its mail came or with another text. */
export const runAgain = overApi<[string], { text: string | undefined }>(
  async (api, { words: [id], options: { text } }) => {
    const again = await api.call(runRoutes.runAgain, { params: { id }, body: { text } });
    if (!again.ok) return unknownRun(again, id);
    const { id: run, agent, sender } = again.body;
    console.log(
      printable(`${agent} answers the mail of ${sender ?? 'somebody'} once more, in the run ${run}.`),
    );
    return 0;
  },
);

function unknownRun(failure: Failed, id: string): number {
  return notFound(failure, `there is no run ${id}; tinyfat runs lists them.`);
}
