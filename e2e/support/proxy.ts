/** The shipped configuration of nginx and Caddy under the real programs, in front of a test's server. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** The name that the shipped files are written for. */
export const SITE = 'agents.example.com';
const HTTP_PORT = 8080;
const HTTPS_PORT = 8443;
const DEPLOY = join(import.meta.dirname, '../../deploy');

export type ProxyKind = 'nginx' | 'caddy';

/** The programs, as `bin/with-proxies` found them; null where they are not. */
export const PROXY_PROGRAMS: Record<ProxyKind, string | null> = {
  nginx: process.env.NGINX_PATH || null,
  caddy: process.env.CADDY_PATH || null,
};

export interface ProxyRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Loopback address that the client has. */
  from?: string;
}

export interface ReverseProxy {
  /** Where plain HTTP is listened on. */
  httpUrl: string;
  /** What is needed to open a TLS connection to the site with `node:https`. */
  tls: RequestOptions;
  fetch(
    path: string,
    options?: ProxyRequest,
  ): Promise<{ status: number; message: IncomingMessage; text: string }>;
  /** What the access log holds so far. */
  accessLog(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the program with the shipped file, where addresses, certificate and log are the test's own. */
export async function startProxy(kind: ProxyKind, host: string): Promise<ReverseProxy> {
  const program = PROXY_PROGRAMS[kind];
  if (program === null) throw new Error(`${kind} is not here`);
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-proxy-'));
  // Workers of an nginx that root started are somebody else.
  await chmod(folder, 0o755);
  const certificate = selfSigned(folder);
  const words = kind === 'nginx' ? await nginx(folder, host) : await caddy(folder, host);
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  await listening(child, host, () => said);
  const tls: RequestOptions = {
    host,
    port: HTTPS_PORT,
    servername: SITE,
    ca: await readFile(certificate),
    agent: false,
  };
  return {
    httpUrl: `http://${host}:${HTTP_PORT}`,
    tls,
    async fetch(path, { method = 'GET', headers = {}, body, from } = {}) {
      const sent = request({
        ...tls,
        path,
        method,
        headers: { host: SITE, accept: 'text/html', ...headers },
        ...(from === undefined ? {} : { localAddress: from }),
      });
      sent.end(body);
      const [message]: IncomingMessage[] = await once(sent, 'response');
      if (!message) throw new Error('no answer');
      return { status: message.statusCode ?? 0, message, text: await text(message) };
    },
    accessLog: () => readFile(join(folder, 'tinyfat.log'), 'utf8'),
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function selfSigned(folder: string): string {
  const certificate = join(folder, 'cert.pem');
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const names = ['-subj', `/CN=${SITE}`, '-addext', `subjectAltName=DNS:${SITE}`];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', certificate];
  execFileSync('openssl', [...kind, ...names, ...files], { stdio: 'pipe' });
  return certificate;
}

/** Puts words of the shipped file in the place of others; what is not there any more fails the test. */
function put(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`the shipped file has no ${JSON.stringify(from)}`);
    return so.replaceAll(from, to);
  }, text);
}

async function nginx(folder: string, host: string): Promise<string[]> {
  const site = put(await readFile(join(DEPLOY, 'nginx/tinyfat.conf'), 'utf8'), {
    'listen 80;': `listen ${host}:${HTTP_PORT};`,
    'listen [::]:80;': '',
    'listen 443 ssl http2;': `listen ${host}:${HTTPS_PORT} ssl http2;`,
    'listen [::]:443 ssl http2;': '',
    '/etc/letsencrypt/live/agents.example.com/fullchain.pem': join(folder, 'cert.pem'),
    '/etc/letsencrypt/live/agents.example.com/privkey.pem': join(folder, 'key.pem'),
    '/var/log/nginx/': `${folder}/`,
    'http://127.0.0.1:8025': `http://${host}:8025`,
  });
  await writeFile(join(folder, 'site.conf'), site);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const places = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
  // As Debian's nginx.conf has it: files of sites are read inside of `http`.
  const main = `daemon off;
pid ${folder}/pid;
events {}
http {
${places}
access_log ${folder}/others.log;
include ${folder}/site.conf;
}
`;
  await writeFile(join(folder, 'nginx.conf'), main);
  return ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
}

async function caddy(folder: string, host: string): Promise<string[]> {
  const site = put(await readFile(join(DEPLOY, 'caddy/Caddyfile'), 'utf8'), {
    [`${SITE} {`]: `${SITE} {\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
    '/var/log/caddy/': `${folder}/`,
    '127.0.0.1:8025': `${host}:8025`,
  });
  const ports = `http_port ${HTTP_PORT}\n\thttps_port ${HTTPS_PORT}`;
  const file = join(folder, 'Caddyfile');
  await writeFile(file, `{\n\tadmin off\n\t${ports}\n\tdefault_bind ${host}\n}\n${site}`);
  return ['run', '--config', file, '--adapter', 'caddyfile'];
}

/** Resolves when both ports take connections; throws with what it said when the program ends before. */
async function listening(child: ChildProcess, host: string, said: () => string): Promise<void> {
  for (const port of [HTTP_PORT, HTTPS_PORT]) {
    while (!(await takesConnections(host, port))) {
      if (child.exitCode !== null) throw new Error(`the proxy ended at its start:\n${said()}`);
      await pause(20);
    }
  }
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
