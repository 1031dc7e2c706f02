/** Does the provider of the model take the key? Asks for the list of models, which costs nothing. */
import * as v from 'valibot';
import type { Config } from '../../config.ts';
import { broken, type Check, note, type Observation, ok } from '../finding.ts';
import { askJson } from './ask-json.ts';

const Failure = v.object({ error: v.object({ message: v.pipe(v.string(), v.maxLength(2000)) }) });

/** Only where a key is set. */
export function modelCheck({ anthropic }: Pick<Config, 'anthropic'>): Check {
  return {
    name: 'model key',
    async look(signal) {
      const { apiKey, baseUrl } = anthropic;
      if (apiKey === null) return [];
      const answer = await askJson({
        url: `${baseUrl}/v1/models?limit=1`,
        headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
        signal,
      });
      if (answer.kind === 'failed') return broken(answer.why, answer.mend);
      return judge(answer.status, said(answer.body, apiKey), new URL(baseUrl).host);
    },
  };
}

function judge(status: number, words: string, host: string): Observation {
  if (status === 200) return ok(`${host} takes it`);
  if (status === 401 || status === 403)
    return broken(
      `${host} refuses it (${status}${words})`,
      'Make a key in the console of the provider, set ANTHROPIC_API_KEY, and restart.',
    );
  if (status === 404 || status === 405)
    return note(
      `not tried: ${host} has no list of models (${status})`,
      'If it is no server for the Messages API, check ANTHROPIC_BASE_URL.',
    );
  return note(`not known: ${host} answered ${status}${words}`, 'Try again later.');
}

/** What the provider says, without the key. */
function said(body: unknown, key: string): string {
  const parsed = v.safeParse(Failure, body);
  return parsed.success ? `: ${parsed.output.error.message.replaceAll(key, '(key)').slice(0, 200)}` : '';
}
