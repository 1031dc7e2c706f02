/** `tinyfat token create|list|revoke`: tokens of the JSON API. A token is printed once, when it is made. */
import { createApi, OPERATOR, SCOPES } from '@tinyfat/platform';
import * as v from 'valibot';
import type { Config } from '../config.ts';
import { makeLogger } from '../logger.ts';
import { apiPorts, NO_SERVER } from '../server/api-ports.ts';
import { type Command, printRows, readWords, UsageError } from './command.ts';
import { withData } from './open.ts';

const USAGE =
  'write: token create --owner ADDR [--name N] [--scope S]... [--expires DAYS|never], token list [--owner ADDR] or token revoke ID';
const DEFAULT_SCOPES = ['read', 'write'];

const refusal = v.object({ status: v.number(), detail: v.string(), next_step: v.string() });
const made = v.object({ token: v.string(), id: v.string(), scopes: v.array(v.string()) });
const listed = v.object({
  data: v.array(
    v.object({
      id: v.string(),
      owner: v.string(),
      name: v.string(),
      last_four: v.string(),
      scopes: v.array(v.string()),
      created_at: v.string(),
      expires_at: v.nullable(v.string()),
      last_used_at: v.nullable(v.string()),
      revoked_at: v.nullable(v.string()),
    }),
  ),
});

/** Makes, shows and revokes them, as the operator of this folder. */
export const tokenCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    owner: { type: 'string' },
    name: { type: 'string', default: '' },
    scope: { type: 'string', multiple: true, default: DEFAULT_SCOPES },
    expires: { type: 'string' },
    json: { type: 'boolean' },
  });
  const [action, id, ...rest] = positionals;
  if (rest.length > 0 || (action === 'revoke') !== (id !== undefined)) throw new UsageError(USAGE);
  if (action === 'list') {
    const query = values.owner === undefined ? '' : `?owner=${encodeURIComponent(values.owner)}`;
    return await ask(config, 'GET', `/tokens${query}`, null, (body) => show(body, values.json === true));
  }
  if (action === 'revoke') {
    return await ask(config, 'DELETE', `/tokens/${encodeURIComponent(id ?? '')}`, null, () => {
      console.log('The token is worth nothing any more.');
    });
  }
  if (action !== 'create' || values.owner === undefined) throw new UsageError(USAGE);
  const { owner, name, scope: scopes } = values;
  if (scopes.some((scope) => !SCOPES.some((known) => known === scope))) {
    throw new UsageError(`--scope: write one or more of these: ${SCOPES.join(', ')}`);
  }
  const end = endOf(values.expires);
  const body = { owner, name, scopes, ...(end === undefined ? {} : { expires_in_days: end }) };
  if (scopes.includes('admin') && !config.adminEmails.includes(owner)) {
    console.error(`Warning: the scope admin counts only while ADMIN_EMAILS names ${owner}.`);
  }
  return await ask(config, 'POST', '/tokens', body, (answer) => {
    console.log(v.parse(made, answer).token);
    console.error('Keep it: it is shown this once. Send it as: Authorization: Bearer TOKEN');
  });
};

function endOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'never') return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError('--expires: write a number of days, or never');
}

function show(body: unknown, json: boolean): void {
  const rows = v.parse(listed, body).data.map(({ scopes, revoked_at, expires_at, ...token }) => ({
    ...token,
    scopes: scopes.join(' '),
    expires_at: expires_at ?? 'never',
    revoked_at,
  }));
  printRows(rows, json, 'No token yet. Make one: tinyfat token create --owner you@example.com');
}

/** Asks the API in this process; a refusal is said, and gives 1 (2 for words that it can't use). */
async function ask(
  config: Config,
  method: string,
  path: string,
  body: unknown,
  done: (answer: unknown) => void,
): Promise<number> {
  const logger = makeLogger({ level: 'warn', plain: true, write: (line) => console.error(line) });
  return await withData(config, async (data) => {
    const api = createApi(apiPorts(config, data, logger, NO_SERVER), OPERATOR);
    const init: RequestInit = { method, headers: { 'content-type': 'application/json' } };
    if (body !== null) init.body = JSON.stringify(body);
    const from = { clientAddress: '127.0.0.1', local: true };
    const answer = await api(new Request(`http://localhost/api/v1${path}`, init), from);
    const text = await answer.text();
    if (answer.ok) {
      done(text === '' ? null : JSON.parse(text));
      return 0;
    }
    const { status, detail, next_step } = v.parse(refusal, JSON.parse(text));
    if (status === 400) throw new UsageError(detail);
    console.error(`tinyfat: ${detail} ${next_step}`);
    return 1;
  });
}
