/**
 * A stand-in for S3 and R2: one bucket in memory behind real HTTP. It checks signatures, session tokens with their prefix,
 * permission and time, and conditions of writes, and can be made to fail.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../loopback-server.ts';
import { escaped, listing, type StoredObject, storedObject } from './objects.ts';
import { readSessionToken } from './session-token.ts';
import { checkSignature } from './signature.ts';

/** A request as tests see it. `key` is empty for a listing and for a deletion of several. */
export interface S3Request {
  method: string;
  key: string;
  /** The access key and the session token came with it; without a token it is the parent key. */
  temporary: boolean;
  query: string;
}

/** What a request meets in the place of an answer: an error, or a connection that breaks before or after its effect. */
export type S3Fault = { status: number; code: string } | 'cut' | 'cut-after' | null;

export interface S3StandIn {
  url: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** What is stored, by key. Tests may change it. */
  objects: Map<string, StoredObject>;
  /** Requests that were answered, in order. */
  requests: S3Request[];
  /** Called with each request that has a right signature; the last one that was set counts. */
  meet(fault: (request: S3Request) => S3Fault | Promise<S3Fault>): void;
  /** Stores text under a key, as another client would. */
  store(key: string, text: string): void;
  /** Its time goes on from then on by so many ms more. */
  advance(ms: number): void;
  close(): Promise<void>;
}

/** Starts the stand-in on loopback. Pages of listings hold at most `pageKeys`. */
export async function startS3StandIn({
  bucket = 'test-bucket',
  region = 'auto',
  pageKeys = 1000,
}: {
  bucket?: string;
  region?: string;
  pageKeys?: number;
} = {}): Promise<S3StandIn> {
  const accessKeyId = 'PARENTKEY';
  const secretAccessKey = 'parent-secret-of-the-stand-in';
  const objects = new Map<string, StoredObject>();
  const requests: S3Request[] = [];
  let fault: (request: S3Request) => S3Fault | Promise<S3Fault> = () => null;
  let ahead = 0;
  const now = () => Date.now() + ahead;

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(incoming.url ?? '', 'http://stand-in');
    const token = incoming.headers['x-amz-security-token'];
    const refuse = (status: number, code: string) => refused(response, status, code);

    const audience = (incoming.headers.host ?? '').replace(/:\d+$/, '');
    const parent = { accessKeyId, secretAccessKey, bucket, audience, now: now() };
    const allowed =
      token === undefined
        ? { secret: secretAccessKey, prefixes: [''], mayWrite: true }
        : readSessionToken(String(token), parent);
    if (typeof allowed === 'string') return refuse(400, allowed);
    const checked = checkSignature(incoming, body, {
      region,
      now: now(),
      secretOf: (id) => (id === accessKeyId ? allowed.secret : null),
    });
    if (!checked.ok) return refuse(checked.status, checked.code);
    const [named = '', ...parts] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    if (named !== bucket) return refuse(404, 'NoSuchBucket');
    const key = parts.join('/');
    const method = incoming.method ?? '';
    const deletes = method === 'POST' && url.searchParams.has('delete');
    const source = copySource(incoming);
    const touched = [
      ...(deletes ? keysToDelete(body) : [key === '' ? (url.searchParams.get('prefix') ?? '') : key]),
      ...(source === null ? [] : [source]),
    ];
    const isBelow = (one: string) => allowed.prefixes.some((prefix) => one.startsWith(prefix));
    const reads = method === 'GET' || method === 'HEAD';
    if (!touched.every(isBelow) || (!reads && !allowed.mayWrite)) return refuse(403, 'AccessDenied');

    const request = { method, key, temporary: token !== undefined, query: url.search };
    requests.push(request);
    const met = await fault(request);
    if (met === 'cut') return incoming.socket.destroy();
    if (met !== null && met !== 'cut-after') return refuse(met.status, met.code);
    const finish = met === 'cut-after' ? silent(incoming) : response;
    if (deletes) return deleteSeveral(incoming, finish, body);
    if (key === '' && method === 'GET') return xml(finish, listing(objects, url.searchParams, pageKeys));
    if (method === 'PUT' && source !== null) return copy(incoming, finish, key, source);
    if (method === 'PUT') return put(incoming, finish, key, body);
    if (method === 'DELETE') {
      objects.delete(key);
      return finish.writeHead(204).end();
    }
    return reads ? get(incoming, finish, key) : refuse(405, 'MethodNotAllowed');
  };

  const put = (incoming: IncomingMessage, response: ServerResponse, key: string, body: Buffer) => {
    const there = objects.get(key);
    const match = incoming.headers['if-match'];
    if (incoming.headers['if-none-match'] === '*' && there)
      return refused(response, 412, 'PreconditionFailed');
    if (match !== undefined && !there) return refused(response, 404, 'NoSuchKey');
    if (match !== undefined && match !== there?.etag) return refused(response, 412, 'PreconditionFailed');
    const object = storedObject(body, metaOf(incoming), now());
    objects.set(key, object);
    response.writeHead(200, { etag: object.etag }).end();
  };

  const copy = (incoming: IncomingMessage, response: ServerResponse, key: string, source: string) => {
    const from = objects.get(source);
    if (!from) return refused(response, 404, 'NoSuchKey');
    const match = incoming.headers['x-amz-copy-source-if-match'];
    if (match !== undefined && match !== from.etag) return refused(response, 412, 'PreconditionFailed');
    objects.set(key, storedObject(from.bytes, from.meta, now()));
    xml(response, `<CopyObjectResult><ETag>${escaped(from.etag)}</ETag></CopyObjectResult>`);
  };

  const get = (incoming: IncomingMessage, response: ServerResponse, key: string) => {
    const object = objects.get(key);
    if (!object) return refused(response, 404, 'NoSuchKey');
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? '') ?? [];
    if (from !== '' && Number(from) >= object.bytes.length) return refused(response, 416, 'InvalidRange');
    const bytes = from === '' ? object.bytes : object.bytes.subarray(Number(from), Number(to) + 1);
    const meta = Object.entries(object.meta).map(([name, value]) => [`x-amz-meta-${name}`, value]);
    response.writeHead(from === '' ? 200 : 206, {
      etag: object.etag,
      'last-modified': new Date(object.modifiedAt).toUTCString(),
      'content-length': bytes.length,
      ...Object.fromEntries(meta),
    });
    response.end(incoming.method === 'HEAD' ? undefined : bytes);
  };

  const deleteSeveral = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const sum = createHash('md5').update(body).digest('base64');
    if (incoming.headers['content-md5'] !== sum) return refused(response, 400, 'BadDigest');
    const keys = keysToDelete(body);
    if (keys.length > 1000) return refused(response, 400, 'MalformedXML');
    for (const key of keys) objects.delete(key);
    xml(response, '<DeleteResult></DeleteResult>');
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error) => refused(response, 500, String(error)));
  });
  const listening = await listenOnLoopback(server);
  return {
    ...listening,
    bucket,
    accessKeyId,
    secretAccessKey,
    objects,
    requests,
    meet(next) {
      fault = next;
    },
    store: (key, text) => objects.set(key, storedObject(Buffer.from(text), {}, now())),
    advance(ms) {
      ahead += ms;
    },
  };
}

function metaOf(incoming: IncomingMessage): Record<string, string> {
  const found = Object.entries(incoming.headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(found.map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)]));
}

/** The key that is copied; null where the request copies nothing. */
function copySource(incoming: IncomingMessage): string | null {
  const source = incoming.headers['x-amz-copy-source'];
  if (typeof source !== 'string') return null;
  return decodeURIComponent(source.replace(/^\/?[^/]+\//, ''));
}

function keysToDelete(body: Buffer): string[] {
  return [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) =>
    key
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&'),
  );
}

/** Takes an answer, and breaks the connection in its place. */
function silent(incoming: IncomingMessage): ServerResponse {
  const answered = { writeHead: () => answered, end: () => incoming.socket.destroy() };
  return answered as unknown as ServerResponse;
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(text);
}

function refused(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<Error><Code>${escaped(code)}</Code><Message>${escaped(code)}</Message></Error>`);
}
