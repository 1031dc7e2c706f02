/** One account of the stand-in for Cloudflare: what it has, and what its API answers about that. */
import { randomBytes, X509Certificate } from 'node:crypto';
import * as v from 'valibot';

/** A list of which a page is given, or the whole result. */
export type Page = { list: unknown[]; perPage: number } | { result: unknown };
export interface Refusal {
  status: number;
  code: number;
  message: string;
}

const text = v.pipe(v.string(), v.minLength(1));
const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/));
const queueBody = v.strictObject({ queue_name: name });
const bucketBody = v.strictObject({ name });
const certificateBody = v.strictObject({ name: text, ca: v.literal(true), certificates: text });
const hyperdriveBody = v.strictObject({
  name,
  origin: v.strictObject({
    scheme: v.picklist(['postgres', 'postgresql']),
    host: text,
    port: v.pipe(v.number(), v.integer()),
    database: text,
    user: text,
    password: v.string(),
  }),
  caching: v.strictObject({ disabled: v.boolean() }),
  origin_connection_limit: v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(100)),
  mtls: v.strictObject({
    ca_certificate_id: text,
    sslmode: v.picklist(['require', 'verify-ca', 'verify-full']),
  }),
});
const domainBody = v.strictObject({ hostname: text, service: text });

export type Hyperdrive = v.InferOutput<typeof hyperdriveBody> & { id: string };

const gone: Refusal = { status: 404, code: 7003, message: 'Could not route to it, perhaps it is gone' };
const exists: Refusal = { status: 409, code: 10004, message: 'It already exists.' };

/** Everything may be looked at, and changed as by somebody else. */
export class CloudflareAccount {
  readonly id = newId();
  readonly name: string;
  /** Null: never opened Workers & Pages. */
  subdomain: string | null = 'example';
  hasR2 = true;
  /** Names with DNS rows of their own. */
  dnsRows: string[] = [];
  buckets: string[] = [];
  queues: { queue_id: string; queue_name: string; consumers: { consumer_id: string; script: string }[] }[] =
    [];
  hyperdrives: Hyperdrive[] = [];
  certificates: { id: string; name: string; certificates: string }[] = [];
  domains: { id: string; hostname: string; service: string }[] = [];
  applications: { id: string; name: string }[] = [];
  /** Secrets by the name of the script. */
  scripts = new Map<string, Set<string>>();
  perPage = 20;

  constructor(name: string) {
    this.name = name;
  }

  /** `path` is below the account. */
  answer(method: string, path: string, query: URLSearchParams, body: string): Page | Refusal {
    const [, first = '', second = '', ...more] = path.split('/');
    switch (`${first}/${second}`) {
      case 'r2/buckets':
        return this.#buckets(method, more, body);
      case 'hyperdrive/configs':
        return this.#hyperdrives(method, more[0], body);
      case 'workers/scripts':
        return this.#scripts(method, more, query);
      case 'workers/subdomain':
        if (this.subdomain === null) return { status: 404, code: 10007, message: 'No workers.dev subdomain' };
        return { result: { subdomain: this.subdomain } };
      case 'workers/domains':
        return this.#domains(method, more[0], query, body);
      case 'containers/me':
        return { result: { account_id: this.id } };
      case 'containers/applications':
        if (method === 'DELETE') return remove(this.applications, (one) => one.id === more[0]);
        return { result: this.applications.filter((one) => one.name === (query.get('name') ?? one.name)) };
    }
    if (first === 'queues') return this.#queues(method, second, more, body);
    if (first === 'mtls_certificates') return this.#certificates(method, second, body);
    return gone;
  }

  #buckets(method: string, [bucket]: string[], body: string): Page | Refusal {
    if (!this.hasR2)
      return { status: 403, code: 10042, message: 'Please enable R2 through the Cloudflare Dashboard.' };
    if (method === 'POST')
      return take(body, bucketBody, ({ name }) => {
        if (this.buckets.includes(name)) return exists;
        this.buckets.push(name);
        return { result: { name } };
      });
    if (method !== 'GET') return gone;
    if (bucket === undefined) return { result: { buckets: this.buckets.map((name) => ({ name })) } };
    if (this.buckets.includes(bucket)) return { result: { name: bucket } };
    return { status: 404, code: 10006, message: 'The specified bucket does not exist.' };
  }

  #queues(method: string, id: string, [, consumer]: string[], body: string): Page | Refusal {
    if (method === 'POST')
      return take(body, queueBody, ({ queue_name }) => {
        if (this.queues.some((one) => one.queue_name === queue_name)) return { ...exists, code: 11009 };
        const queue = { queue_id: newId(), queue_name, consumers: [] };
        this.queues.push(queue);
        return { result: queue };
      });
    if (id === '') return { list: this.queues, perPage: this.perPage };
    const queue = this.queues.find((one) => one.queue_id === id);
    if (!queue) return gone;
    if (method === 'GET') return { result: queue.consumers };
    if (consumer !== undefined) return remove(queue.consumers, (one) => one.consumer_id === consumer);
    return remove(this.queues, (one) => one === queue);
  }

  #hyperdrives(method: string, id: string | undefined, body: string): Page | Refusal {
    const write = (into: (config: Omit<Hyperdrive, 'id'>) => Hyperdrive) =>
      take(body, hyperdriveBody, (config) => {
        if (!this.certificates.some((one) => one.id === config.mtls.ca_certificate_id))
          return { status: 400, code: 2015, message: `No such certificate (${config.origin.password})` };
        const { id, name } = into(config);
        return { result: { id, name } };
      });
    if (method === 'POST')
      return write((config) => {
        const made = { ...config, id: newId() };
        this.hyperdrives.push(made);
        return made;
      });
    if (id === undefined) return { list: this.hyperdrives.map(withoutPassword), perPage: this.perPage };
    const before = this.hyperdrives.find((one) => one.id === id);
    if (!before) return gone;
    if (method === 'PUT') return write((config) => Object.assign(before, config));
    return remove(this.hyperdrives, (one) => one === before);
  }

  #certificates(method: string, id: string, body: string): Page | Refusal {
    if (method === 'POST')
      return take(body, certificateBody, ({ name, certificates }) => {
        new X509Certificate(certificates);
        const made = { id: newId(), name, certificates };
        this.certificates.push(made);
        return { result: { id: made.id, name } };
      });
    if (method === 'GET') return { list: this.certificates, perPage: this.perPage };
    if (this.hyperdrives.some((one) => one.mtls.ca_certificate_id === id))
      return { status: 409, code: 1412, message: 'The certificate is in use.' };
    return remove(this.certificates, (one) => one.id === id);
  }

  #scripts(method: string, [script, , secret]: string[], query: URLSearchParams): Page | Refusal {
    if (script === undefined) return { result: [...this.scripts.keys()].map((id) => ({ id })) };
    const secrets = this.scripts.get(script);
    if (!secrets) return gone;
    if (method === 'GET') return { result: [...secrets].map((name) => ({ name, type: 'secret_text' })) };
    if (secret !== undefined) return secrets.delete(secret) ? { result: null } : gone;
    if (this.queues.some(({ consumers }) => consumers.some((one) => one.script === script)))
      return { status: 400, code: 10064, message: 'It is a consumer of a queue.' };
    if (query.get('force') !== 'true')
      return { status: 400, code: 10061, message: 'Something depends on it.' };
    this.scripts.delete(script);
    return { result: null };
  }

  #domains(method: string, id: string | undefined, query: URLSearchParams, body: string): Page | Refusal {
    if (method === 'PUT')
      return take(body, domainBody, ({ hostname, service }) => {
        if (!this.scripts.has(service)) return gone;
        if (this.dnsRows.includes(hostname))
          return {
            status: 409,
            code: 100117,
            message: 'Hostname already has externally managed DNS records.',
          };
        const made = { id: newId(), hostname, service };
        this.domains.push(made);
        return { result: made };
      });
    if (method === 'DELETE') return remove(this.domains, (one) => one.id === id);
    const [hostname, service] = [query.get('hostname'), query.get('service')];
    return {
      result: this.domains.filter(
        (one) => (hostname ?? one.hostname) === one.hostname && (service ?? one.service) === one.service,
      ),
    };
  }
}

/** 32 hexadecimal digits, as all of Cloudflare's. */
function newId(): string {
  return randomBytes(16).toString('hex');
}

function take<Body>(
  text: string,
  schema: v.GenericSchema<unknown, Body>,
  use: (body: Body) => Page | Refusal,
): Page | Refusal {
  const parsed = v.safeParse(schema, text === '' ? null : JSON.parse(text));
  if (parsed.success) return use(parsed.output);
  return { status: 400, code: 10021, message: `Wrong body: ${parsed.issues[0].message}` };
}

function remove<One>(from: One[], isIt: (one: One) => boolean): Page | Refusal {
  const at = from.findIndex(isIt);
  if (at === -1) return gone;
  from.splice(at, 1);
  return { result: null };
}

function withoutPassword({ origin: { password: _, ...origin }, ...config }: Hyperdrive): object {
  return { ...config, origin };
}
