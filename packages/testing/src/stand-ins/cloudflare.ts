/**
 * A local server that answers as Cloudflare's API does (developers.cloudflare.com/api), as far as `tinyfat deploy` and
 * `destroy` ask it: accounts, R2, queues, Hyperdrive, certificates, scripts with their secrets, names, containers. It is strict:
 * a path, a field or a right that it does not know is refused. What wrangler does there is not shown by it.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { CloudflareAccount, type Page, type Refusal } from './cloudflare-account.ts';
import { bodyOf, listenOnLoopback } from './loopback-server.ts';

/** Rights of a token, each to read and to write. */
export const ALL_RIGHTS = [
  'account',
  'workers',
  'r2',
  'queues',
  'hyperdrive',
  'containers',
  'certificates',
] as const;
export type StandInRight = (typeof ALL_RIGHTS)[number];

/** What happens to the next request that it fits; `reset` cuts the connection, `silence` never answers. */
export interface CloudflareFault {
  method: string;
  /** Stands in the path. */
  path: string;
  /** `late`: it is done, and then somebody else seems to have done it: 409. */
  kind: 'broken' | 'reset' | 'forbidden' | 'silence' | 'late';
}

export interface CloudflareStandIn {
  /** With the `/client/v4` of the real one. */
  url: string;
  token: string;
  /** What the token may. */
  rights: Set<StandInRight>;
  accounts: CloudflareAccount[];
  /** In order, as `POST /queues`, without the account. */
  requests: string[];
  /** What was sent. */
  bodies: string[];
  /** One for each; then all goes well. */
  fail(...faults: CloudflareFault[]): void;
  close(): Promise<void>;
}

/** Which right a path of an account takes. */
const RIGHT_OF: readonly [RegExp, StandInRight][] = [
  [/^\/workers\//, 'workers'],
  [/^\/r2\//, 'r2'],
  [/^\/queues/, 'queues'],
  [/^\/hyperdrive\//, 'hyperdrive'],
  [/^\/containers\//, 'containers'],
  [/^\/mtls_certificates/, 'certificates'],
];

/** Starts on a free loopback port, with one account and all rights. */
export async function startCloudflareStandIn(): Promise<CloudflareStandIn> {
  const token = `cf-${randomBytes(20).toString('hex')}`;
  const rights = new Set<StandInRight>(ALL_RIGHTS);
  const accounts = [new CloudflareAccount('Example')];
  const requests: string[] = [];
  const bodies: string[] = [];
  const faults: CloudflareFault[] = [];

  function answer(method: string, url: URL, body: string): Page | Refusal {
    const path = url.pathname.replace('/client/v4', '');
    if (path === '/accounts' && method === 'GET') {
      const shown = rights.has('account') ? accounts : [];
      return { list: shown.map(({ id, name }) => ({ id, name })), perPage: 20 };
    }
    const [, id, rest = ''] = /^\/accounts\/([0-9a-f]{32})(\/.*)$/.exec(path) ?? [];
    const account = accounts.find((one) => one.id === id);
    if (!account) return { status: 403, code: 9109, message: 'Unauthorized to access requested resource' };
    requests.push(`${method} ${rest}`);
    const right = RIGHT_OF.find(([pattern]) => pattern.test(rest))?.[1];
    if (right !== undefined && !rights.has(right)) return authentication();
    return account.answer(method, rest, url.searchParams, body);
  }

  const server = createServer(async (request, response) => {
    const send = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    const refuse = ({ status, code, message }: Refusal) =>
      send(status, { success: false, errors: [{ code, message }], messages: [], result: null });
    const body = await bodyOf(request);
    bodies.push(body);
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (headers.authorization !== `Bearer ${token}`)
      return refuse({ status: 400, code: 6003, message: 'Invalid request headers' });
    if (body !== '' && headers['content-type'] !== 'application/json')
      return refuse({ status: 400, code: 10026, message: 'Could not parse request body' });
    const at = faults.findIndex((one) => one.method === method && url.pathname.includes(one.path));
    const fault = at === -1 ? undefined : faults.splice(at, 1)[0];
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault?.kind === 'broken') return send(502, '<html>502 Bad Gateway</html>');
    if (fault?.kind === 'forbidden') return refuse(authentication());
    const answered = answer(method, url, body);
    if (fault?.kind === 'late') return refuse({ status: 409, code: 11009, message: 'It is already taken.' });
    if ('status' in answered) return refuse(answered);
    if (!('list' in answered))
      return send(200, { success: true, errors: [], messages: [], result: answered.result });
    const page = Number(url.searchParams.get('page') ?? 1);
    const { list, perPage } = answered;
    const result = list.slice((page - 1) * perPage, page * perPage);
    const result_info = { page, per_page: perPage, count: result.length, total_count: list.length };
    send(200, { success: true, errors: [], messages: [], result, result_info });
  });
  const { url, close } = await listenOnLoopback(server);
  return {
    url: `${url}/client/v4`,
    token,
    rights,
    accounts,
    requests,
    bodies,
    fail: (...more) => void faults.push(...more),
    close,
  };
}

function authentication(): Refusal {
  return { status: 403, code: 10000, message: 'Authentication error' };
}
