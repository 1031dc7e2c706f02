/** `tinyfat sending`: whether mail goes out, and the switch that stops all of it. */
import { sendingRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { ApiClient } from '../client/api-client.ts';
import { overApi, refused } from '../client/open-api.ts';
import { printJson, time } from '../output/text.ts';

type Sending = InferOutput<typeof sendingRoutes.sending>;
type SendingRoute = (typeof sendingRoutes)['getSending' | 'stopSending' | 'resumeSending'];

const asking = (route: SendingRoute) =>
  overApi<[], { json: boolean }>(async (api: ApiClient, { options }) => {
    const answer = await api.call(route);
    if (!answer.ok) return refused(answer);
    if (options.json) printJson(answer.body);
    else console.log(sentence(answer.body));
    return 0;
  });

/** Says whether mail goes out. */
export const showSending = asking(sendingRoutes.getSending);
/** Stops all sending. */
export const stopSending = asking(sendingRoutes.stopSending);
/** Lets mail go out again. */
export const resumeSending = asking(sendingRoutes.resumeSending);

function sentence({ stopped, since, stopped_by: by }: Sending): string {
  if (!stopped || since === null) return 'Mail goes out.';
  const who = by === null ? '' : ` by ${by}`;
  return `All sending is stopped since ${time(Date.parse(since))}${who}: mail waits. To go on: tinyfat sending resume`;
}
